//! Embeds the folder of interactions anew when a file comes or goes: the compiler
//! only knows the files that were there.

fn main() {
    println!("cargo::rerun-if-changed=interactions");
}
