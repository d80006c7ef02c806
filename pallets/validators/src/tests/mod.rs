mod offences;
mod peers;
mod set;
