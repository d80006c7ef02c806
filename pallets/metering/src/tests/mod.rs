mod attestations;
mod meters;
mod readings;
