//! Frames of videos and images, their order and their pixels. The clips are encoded by the tests; every frame shows its
//! number.

mod ahead;
mod broken;
mod colour;
mod damage;
mod images;
mod inputs;
mod order;
mod orientation;
mod single;
