//! The chain's types and the typed names of its parts, written by `build.rs`.

#![allow(missing_docs, reason = "the runtime documents them")]
#![allow(clippy::all, reason = "the code is generated")]
#![allow(non_camel_case_types, unused_imports, reason = "calls are named as the chain names them")]
#![allow(rustdoc::all, reason = "documentation of the chain's items names items of the runtime")]

include!(concat!(env!("OUT_DIR"), "/generated.rs"));
