//! Every interaction below `openapi/interactions`, replayed; one test each.

use std::path::Path;

use contract_tests::replay::replay;
use contract_tests::spec;
use ocp_contract::Interaction;

fn interaction(path: &Path) -> datatest_stable::Result<()> {
    let interaction = Interaction::read(path)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let replay = runtime.block_on(replay(&interaction, spec()?))?;
    assert!(replay.faults.is_empty(), "{}", replay.faults.join("\n"));

    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("snapshots/{}", interaction.operation_id));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        let case = &interaction.case;
        insta::assert_snapshot!(format!("{case}.request"), replay.received);
        match &replay.outcome {
            Ok(decoded) => {
                insta::assert_snapshot!(format!("{case}.decoded"), format!("{:#?}", decoded.value));
            }
            Err(error) => insta::assert_snapshot!(format!("{case}.error"), error),
        }
    });
    Ok(())
}

datatest_stable::harness! {
    { test = interaction, root = "../openapi/interactions", pattern = r"/interaction\.yaml$" },
}
