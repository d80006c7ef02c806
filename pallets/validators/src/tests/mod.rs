mod offences;
mod set;
