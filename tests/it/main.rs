//! The program and its library from outside: against references, brute force, screens and the built binary.

mod support;

mod align;
mod annotation;
mod backbone;
mod cache;
mod clips;
mod commands;
mod demo;
mod docs;
mod eval;
mod explore;
mod explorer;
mod export;
mod find;
mod hostile;
mod hub;
mod llm;
mod log;
mod packages;
mod scripts;
mod video;
