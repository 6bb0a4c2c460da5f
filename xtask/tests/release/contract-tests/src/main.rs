//! `ocp-verify mock --port N`: says the same to everybody.

use std::io::Write;
use std::net::TcpListener;

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    assert_eq!(arguments[1..3], ["mock", "--port"]);
    let listener = TcpListener::bind(format!("127.0.0.1:{}", arguments[3])).unwrap();
    for stream in listener.incoming() {
        // Who only looks whether somebody listens does not read.
        let _ = stream.unwrap().write_all(b"2 RESTORE_SUCCESS\n4 RESTORE_FAIL\n");
    }
}
