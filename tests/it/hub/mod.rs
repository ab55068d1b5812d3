//! Models of the hub with the built binary, against a hub on this machine.

mod commands;
mod failures;
mod fetch;
mod shared;
mod site;
mod world;
