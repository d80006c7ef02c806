mod bulk;
mod genesis;
mod lifted;
mod points;
mod proposals;
mod publications;
mod reads;
mod zones;
