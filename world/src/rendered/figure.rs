//! What is seen of a step at one moment: a pose, and where the sport's things are.

use crate::rendered::body::Pose;
use crate::rendered::canvas::Point;

/// What a thing is held by.
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

/// A place relative to the athlete: forward and up from an anchor, in body heights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place(pub Anchor, pub Point);

/// An athlete and the things around, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// How the body is held.
    pub pose: Pose,
    /// The ball, if it is in play.
    pub ball: Option<Place>,
    /// Direction of the racket in the near hand, in degrees as for limbs.
    pub racket: Option<f32>,
    /// The bar, if it is off the floor.
    pub bar: Option<Place>,
    /// Chalk dust between the hands.
    pub dust: bool,
    /// Speed to the front in body heights a second.
    pub speed: f32,
}

impl Figure {
    /// A body with nothing in its hands.
    pub const fn new(pose: Pose) -> Self {
        Self { pose, ball: None, racket: None, bar: None, dust: false, speed: 0.0 }
    }

    /// With a ball.
    pub const fn ball(mut self, anchor: Anchor, forward: f32, up: f32) -> Self {
        self.ball = Some(Place(anchor, [forward, up]));
        self
    }

    /// With a racket that points in a direction.
    pub const fn racket(mut self, angle: f32) -> Self {
        self.racket = Some(angle);
        self
    }

    /// With a bar.
    pub const fn bar(mut self, anchor: Anchor, up: f32) -> Self {
        self.bar = Some(Place(anchor, [0.0, up]));
        self
    }

    /// Moving to the front.
    pub const fn speed(mut self, speed: f32) -> Self {
        self.speed = speed;
        self
    }
}
