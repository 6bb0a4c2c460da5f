//! Bodies that a real OCP may send, and that must be read exactly.

use chrono::{DateTime, Utc};
use oceanbase_ocp::types::{BackupMode, RestoreTaskStatus, TriggerType};

use crate::server::{http, json, outcome};

fn page(task: &str) -> Vec<u8> {
    json(format!(
        r#"{{"successful":true,"data":{{"contents":[{task}]}}}}"#
    ))
}

#[tokio::test]
async fn longs_come_as_numbers_or_strings() {
    for (written, expected) in [
        ("2", 2),
        ("\"2\"", 2),
        ("1100611139403777", 1_100_611_139_403_777),
        ("\"9007199254740993\"", 9_007_199_254_740_993),
        ("9223372036854775807", i64::MAX),
        ("\"-9223372036854775808\"", i64::MIN),
    ] {
        let task = format!(r#"{{"id":{written},"restoreClusterId":{written},"status":"X"}}"#);
        let response = outcome(page(&task)).await.unwrap();
        let task = &response.value().data.contents[0];
        assert_eq!(
            (task.id, task.restore_cluster_id),
            (expected, Some(expected)),
            "{written}"
        );
    }
}

#[tokio::test]
async fn null_is_absent_and_unknown_members_are_ignored() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let task = format!(
        r#"{{"id":1,"status":"X","finishTime":null,"finished":null,"backupMode":null,"restoreClusterId":null,"new":{{"a":[1,"b"]}},"deep":{deep}}}"#
    );
    let response = outcome(page(&task)).await.unwrap();
    let task = &response.value().data.contents[0];
    assert_eq!(
        (task.finish_time, task.finished, task.restore_cluster_id),
        (None, None, None)
    );
    assert_eq!(task.backup_mode, None);
}

#[tokio::test]
async fn words_outside_a_vocabulary_are_kept() {
    let task = r#"{"id":1,"status":"PHYSICAL_RESTORE_WAIT_RESTORE_TO_CONSISTENT_SCN","backupMode":"physical_backup","triggerType":"SAMPLING","restoreObjectType":"tenant"}"#;
    let response = outcome(page(task)).await.unwrap();
    let task = &response.value().data.contents[0];
    assert_eq!(
        task.status,
        "PHYSICAL_RESTORE_WAIT_RESTORE_TO_CONSISTENT_SCN"
    );
    assert!(matches!(task.status, RestoreTaskStatus::Other(_)));
    assert_ne!(
        task.backup_mode,
        Some(BackupMode::PhysicalBackup),
        "values are exact"
    );
    assert_eq!(task.trigger_type, Some(TriggerType::from("SAMPLING")));
    assert_eq!(
        serde_json::to_value(&task.restore_object_type).unwrap(),
        "tenant"
    );
}

#[tokio::test]
async fn times_in_every_listed_form_are_the_same_instant() {
    let instant: DateTime<Utc> = "2021-09-09T10:32:18.833Z".parse().unwrap();
    for text in [
        "2021-09-09T18:32:18.833+0800",
        "2021-09-09T18:32:18.833+08:00",
        "2021-09-09T10:32:18.833Z",
        "2021-09-09T10:32:18.833000000+0000",
    ] {
        let task = format!(r#"{{"id":1,"status":"X","createTime":"{text}"}}"#);
        let response = outcome(page(&task)).await.unwrap();
        assert_eq!(
            response.value().data.contents[0].create_time,
            Some(instant),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_page_may_be_missing_or_have_either_name() {
    for (page, pages) in [
        ("", None),
        (r#","page":null"#, None),
        (r#","page":{}"#, None),
        (r#","page":{"totalPages":3}"#, Some(3)),
        (
            r#","page":{"totalPage":3,"totalElements":"9007199254740993"}"#,
            Some(3),
        ),
        (r#","page":{"totalPage":3,"totalPages":4}"#, Some(4)),
    ] {
        let body = format!(r#"{{"successful":true,"data":{{"contents":[]{page}}}}}"#);
        let response = outcome(json(body)).await.unwrap();
        assert!(response.value().data.contents.is_empty());
        assert_eq!(
            response
                .value()
                .data
                .page
                .as_ref()
                .and_then(|page| page.pages()),
            pages,
            "{page}"
        );
    }
}

/// Choices of which either would do; DESIGN.md says why.
#[tokio::test]
async fn a_byte_order_mark_a_missing_or_odd_content_type_and_zone_names_are_no_obstacle() {
    let body = "\u{feff}{\"successful\":true,\"data\":{\"contents\":[]}}";
    for head in [
        "200 OK",
        "200 OK\r\ncontent-type: application/json;charset=UTF-8",
        "200 OK\r\ncontent-type: APPLICATION/JSON",
        "200 OK\r\ncontent-type: application/vnd.ocp+json",
    ] {
        assert!(outcome(http(head, body)).await.is_ok(), "{head}");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(br#"{"successful":true,"data":{"contents":[]}}"#)
        .unwrap();
    let head = "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip";
    assert!(outcome(http(head, gzip.finish().unwrap())).await.is_ok());
}
