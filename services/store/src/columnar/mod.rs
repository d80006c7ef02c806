//! Parquet, as far as a dataset needs it, read without believing a number in it.
//!
//! The `parquet` crate reads the footer, after [`footer`] has bounded it; it writes files, too. Pages and values are decoded here,
//! because the crate takes memory for what a page claims before it looks whether the page has it: a dictionary of 2^31 - 1
//! numbers in a file of a kilobyte takes it 8 GiB.
//!
//! Nothing here takes memory by a claim. [`values`] hands each value over as it is decoded, as bytes of the file or of eight
//! bytes on the stack; how many are wanted is the caller's number, which [`crate::columns::rows`] bounds by the file's length.

pub mod footer;
mod pages;
mod thrift;
mod values;

pub use pages::column;

/// Why bytes cannot be decoded, in words.
pub type Fault = &'static str;
