//! Values that may go from thread to thread, and such as must not be let fall.

use std::fmt::Debug;
use std::time::Duration;

use oceanbase_ocp::{
    Client, ClientBuilder, Error, HttpResponse, Response, RetryPolicy, http, types,
};

/// Only asked of the compiler.
fn is_send(_: impl Send) {}

fn is_shared<T: Send + Sync + Clone + Debug + 'static>() {}

/// It compiles, or it does not.
#[tokio::test]
async fn what_this_crate_makes_may_go_to_another_thread() {
    is_shared::<Client>();
    is_shared::<ClientBuilder>();
    is_shared::<Error>();
    is_shared::<Response<types::RestoreTaskListResponse>>();
    is_shared::<HttpResponse>();
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

/// A function may return a stream of its own client; what is returned may be
/// spawned.
#[tokio::test]
async fn all_of_it_outlives_the_client_that_it_was_made_with() {
    let request = || {
        let client = Client::builder("http://127.0.0.1:1").retry(RetryPolicy::disabled());
        let client = client.build().unwrap();
        client
            .list_tenant_restore_tasks()
            .cluster_id(1)
            .tenant_id(2)
    };
    assert!(tokio::spawn(request().send()).await.unwrap().is_err());
    let mut rows = request().rows();
    let first = tokio::spawn(async move { rows.next().await });
    assert!(first.await.unwrap().unwrap().is_err());
    let mut pages = request().pages();
    assert!(pages.next().await.unwrap().is_err());
    let waiter = request().wait_for(7).tolerance(Duration::ZERO);
    let waiter = waiter.until_succeeded();
    assert!(tokio::spawn(waiter).await.unwrap().is_err());
    let request = http::Request::get("/x").body("").unwrap();
    let execute = {
        let client = Client::builder("http://127.0.0.1:1").retry(RetryPolicy::disabled());
        client.build().unwrap().execute(request)
    };
    let error = tokio::spawn(execute).await.unwrap().unwrap_err();
    assert!(error.is_connection());
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
