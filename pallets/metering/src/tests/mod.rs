mod attestations;
mod bonds;
mod disputes;
mod estimates;
mod meters;
mod model;
mod quorum;
mod readings;
