mod bulk;
mod genesis;
mod points;
mod publications;
mod reads;
mod zones;
