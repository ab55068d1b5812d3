//! Videos and images as they come off the disk: which frames, in which order, with which pixels.
//! The clips are encoded on the spot; every frame carries its number in its picture.

mod ahead;
mod broken;
mod colour;
mod damage;
mod images;
mod inputs;
mod order;
mod orientation;
