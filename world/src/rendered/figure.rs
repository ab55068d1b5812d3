//! A step at one moment: a pose, and where the sport's objects are.

use crate::rendered::body::Pose;
use crate::rendered::canvas::Point;

/// What an object is attached to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Anchor {
    /// The near hand, which also holds the racket.
    Hand,
    /// The far hand.
    OtherHand,
    /// The middle between both hands.
    Hands,
    /// The middle of the racket's strings.
    Strings,
    /// The point on the ground below the hips.
    Ground,
}

/// A position relative to the athlete: forward and up from an anchor, in body heights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place(pub Anchor, pub Point);

/// An athlete and the objects, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    pub pose: Pose,
    /// The ball, if it is in play.
    pub ball: Option<Place>,
    /// Direction of the racket in the near hand, in degrees as for limbs.
    pub racket: Option<f32>,
    /// The bar, if it is off the floor.
    pub bar: Option<Place>,
    /// Chalk dust between the hands.
    pub dust: bool,
    /// Forward, in body heights per second.
    pub speed: f32,
}

impl Figure {
    pub const fn new(pose: Pose) -> Self {
        Self { pose, ball: None, racket: None, bar: None, dust: false, speed: 0.0 }
    }

    pub const fn ball(mut self, anchor: Anchor, forward: f32, up: f32) -> Self {
        self.ball = Some(Place(anchor, [forward, up]));
        self
    }

    pub const fn racket(mut self, angle: f32) -> Self {
        self.racket = Some(angle);
        self
    }

    pub const fn bar(mut self, anchor: Anchor, up: f32) -> Self {
        self.bar = Some(Place(anchor, [0.0, up]));
        self
    }

    pub const fn speed(mut self, speed: f32) -> Self {
        self.speed = speed;
        self
    }
}
