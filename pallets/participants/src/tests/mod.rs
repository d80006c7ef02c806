mod agreement;
mod data;
mod delegates;
mod extension;
mod membership;
mod roles;
