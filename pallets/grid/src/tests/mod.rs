mod points;
mod publications;
mod reads;
mod zones;
