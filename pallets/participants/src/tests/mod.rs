mod agreement;
mod bulk;
mod data;
mod delegates;
mod extension;
mod membership;
mod roles;
