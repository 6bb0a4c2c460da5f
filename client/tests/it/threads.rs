//! What may go from thread to thread, and what must not be let fall.

use std::fmt::Debug;

use oceanbase_ocp::{Client, ClientBuilder, Error};

/// Only asked of the compiler.
fn is_send(_: impl Send) {}

fn is_shared<T: Send + Sync + Clone + Debug + 'static>() {}

/// It compiles, or it does not.
#[tokio::test]
async fn what_this_crate_makes_may_go_to_another_thread() {
    is_shared::<Client>();
    is_shared::<ClientBuilder>();
    is_shared::<Error>();
    let client = Client::new("http://127.0.0.1:1").unwrap();
    let request = || {
        client
            .list_tenant_restore_tasks()
            .cluster_id(1)
            .tenant_id(2)
    };
    is_send(request());
    is_send(request().send());
    is_send(request().rows());
    is_send(request().pages());
    is_send(request().wait_for(7));
    is_send(request().wait_for(7).until_ended());
    is_send(request().wait_for(7).until_succeeded());
    let request = || client.list_cluster_restore_tasks().cluster_id(1);
    is_send(request().rows());
    is_send(request().wait_for(7).until_ended());
    is_send(request().wait_for(7).until_succeeded());
}

/// A task that owns its client needs nothing of its maker.
#[tokio::test]
async fn all_of_it_runs_in_a_task_of_its_own() {
    use futures_util::TryStreamExt;
    let client = Client::builder("http://127.0.0.1:1")
        .retry(oceanbase_ocp::RetryPolicy::never())
        .build()
        .unwrap();
    let task = tokio::spawn(async move {
        let request = client
            .list_tenant_restore_tasks()
            .cluster_id(1)
            .tenant_id(2);
        assert!(request.clone().send().await.is_err());
        assert!(request.clone().rows().try_next().await.is_err());
        assert!(request.clone().pages().try_next().await.is_err());
        assert!(request.clone().wait_for(7).until_ended().await.is_err());
        request.wait_for(7).until_succeeded().await.unwrap_err()
    });
    assert!(task.await.unwrap().is_connection());
}

/// The lint is expected here, and it is an error if it has nothing to say.
#[test]
#[deny(unfulfilled_lint_expectations)]
fn what_is_made_and_let_fall_is_warned_of() {
    let client = Client::new("http://127.0.0.1:1").unwrap();
    #[expect(unused_must_use)]
    {
        client.list_tenant_restore_tasks();
    }
    #[expect(unused_must_use)]
    {
        client
            .list_tenant_restore_tasks()
            .cluster_id(1)
            .tenant_id(2);
    }
    #[expect(unused_must_use)]
    {
        client.list_tenant_restore_tasks().rows();
    }
    #[expect(unused_must_use)]
    {
        client.list_tenant_restore_tasks().wait_for(7);
    }
}
