//! The athlete's skeleton. Angles are in degrees: a limb at 0 hangs down, at 90 points forward, at 180 up.

use crate::rendered::canvas::Point;

const SHIN: f32 = 0.24;
const THIGH: f32 = 0.24;
const TORSO: f32 = 0.30;
const NECK: f32 = 0.115;
const UPPER_ARM: f32 = 0.165;
const FOREARM: f32 = 0.165;
/// Height of the ankle above the sole.
const SOLE: f32 = 0.035;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Lean of the trunk towards the front.
    pub torso: f32,
    /// Tilt of the head towards the front, beyond the trunk's.
    pub head: f32,
    /// Upper arm and forearm of the near and the far arm.
    pub arms: [[f32; 2]; 2],
    /// Thigh and shin of the near and the far leg.
    pub legs: [[f32; 2]; 2],
    /// Height of the lowest foot above the ground.
    pub lift: f32,
    /// 1 seen from the side as it faces, −1 turned about, 0 edge-on.
    pub turn: f32,
    /// 0 seen from the side, 1 from the front: shoulders and hips side by side.
    pub front: f32,
}

impl Pose {
    /// Upright, arms hanging.
    pub const STANDING: Self = Self {
        torso: 0.0,
        head: 0.0,
        arms: [[10.0, 18.0], [-8.0, 0.0]],
        legs: [[6.0, 2.0], [-6.0, -8.0]],
        lift: 0.0,
        turn: 1.0,
        front: 0.0,
    };

    /// Seen from the front, arms hanging.
    pub const FACING: Self = Self {
        arms: [[12.0, 8.0], [-12.0, -8.0]],
        legs: [[9.0, 6.0], [-9.0, -6.0]],
        front: 1.0,
        ..Self::STANDING
    };

    /// The pose at a fraction of the way to another.
    pub fn towards(&self, other: &Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * share;
        let mix2 = |a: [f32; 2], b: [f32; 2]| [mix(a[0], b[0]), mix(a[1], b[1])];
        Self {
            torso: mix(self.torso, other.torso),
            head: mix(self.head, other.head),
            arms: [mix2(self.arms[0], other.arms[0]), mix2(self.arms[1], other.arms[1])],
            legs: [mix2(self.legs[0], other.legs[0]), mix2(self.legs[1], other.legs[1])],
            lift: mix(self.lift, other.lift),
            turn: mix(self.turn, other.turn),
            front: mix(self.front, other.front),
        }
    }
}

/// The proportions of a body, as factors.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// Of the whole body.
    pub height: f32,
    /// Of arms and legs alone.
    pub limbs: f32,
    /// Of every limb's thickness.
    pub thickness: f32,
}

/// Positions of the joints, relative to the point on the ground below the hips, the athlete facing right.
#[derive(Clone, Copy, Debug)]
pub struct Joints {
    /// Middle of the hips.
    pub hips: Point,
    /// Middle of the shoulders.
    pub shoulders: Point,
    /// Middle of the head.
    pub head: Point,
    /// Near and far shoulder, elbow and hand.
    pub arms: [[Point; 3]; 2],
    /// Near and far hip, knee and ankle.
    pub legs: [[Point; 3]; 2],
}

fn along(from: Point, angle: f32, length: f32, turn: f32) -> Point {
    let (sin, cos) = angle.to_radians().sin_cos();
    [from[0] + sin * length * turn, from[1] - cos * length]
}

impl Joints {
    pub fn new(pose: &Pose, build: &Build) -> Self {
        let size = build.height;
        let limb = size * build.limbs;
        let turn = pose.turn;
        let hips = [0.0, 0.0];
        let shoulders = along(hips, 180.0 - pose.torso, TORSO * size, turn);
        let head = along(shoulders, 180.0 - pose.torso - pose.head, NECK * size, turn);
        // Near side first: to the right when seen from the front.
        let sides = [1.0, -1.0];
        let spread = |at: Point, side: f32, width: f32| [at[0] + side * width * size * pose.front, at[1]];
        let arms = std::array::from_fn(|i| {
            let shoulder = spread(along(shoulders, -pose.torso, 0.03 * size, turn), sides[i], 0.095);
            let elbow = along(shoulder, pose.arms[i][0], UPPER_ARM * limb, turn);
            [shoulder, elbow, along(elbow, pose.arms[i][1], FOREARM * limb, turn)]
        });
        let legs = std::array::from_fn(|i| {
            let hip = spread(hips, sides[i], 0.05);
            let knee = along(hip, pose.legs[i][0], THIGH * limb, turn);
            [hip, knee, along(knee, pose.legs[i][1], SHIN * limb, turn)]
        });
        let mut joints = Self { hips, shoulders, head, arms, legs };
        let lowest = joints.legs.iter().flatten().map(|joint| joint[1]).fold(f32::INFINITY, f32::min);
        joints.raise(SOLE * size + pose.lift - lowest);
        joints
    }

    /// The middle between the hands.
    pub fn between_hands(&self) -> Point {
        let [near, far] = [self.arms[0][2], self.arms[1][2]];
        [(near[0] + far[0]) / 2.0, (near[1] + far[1]) / 2.0]
    }

    fn raise(&mut self, height: f32) {
        let limbs = self.arms.iter_mut().chain(&mut self.legs).flatten();
        for joint in limbs.chain([&mut self.hips, &mut self.shoulders, &mut self.head]) {
            joint[1] += height;
        }
    }
}
