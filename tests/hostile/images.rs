//! Orientation and damage of still images, and folders of them.
