//! Embeds the interactions anew when a file comes or goes: the compiler only knows the files
//! that it has read.

fn main() {
    println!("cargo::rerun-if-changed=../interactions");
}
