mod bulk;
mod genesis;
mod points;
mod proposals;
mod publications;
mod reads;
mod zones;
