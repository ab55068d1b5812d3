//! Steps of every sport, which differ in the surroundings only.

use super::{Step, Words, bounce, turning, wave};
use crate::rendered::body::Pose;
use crate::rendered::figure::Figure;

pub const STEPS: &[Step] = &[
    Step {
        key: "crouch",
        sport: None,
        words: Words {
            captions: &[
                "bends both knees and crouches low",
                "sinks into a low crouch",
                "lowers the hips with bent knees",
                "crouches down near the ground",
                "gets low with both knees bent",
            ],
            script: "sinks down low and bends both knees",
            brief: ["crouches low", "hips lowered", "knees bent low"],
            short: ["low crouch", "bent knees", "sinks low"],
            unseen: "hunkers compactly",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 38.0 + 4.0 * wave(u, 1.0),
                head: -15.0,
                arms: [[35.0, 70.0], [28.0, 62.0]],
                legs: [[80.0, -52.0], [58.0, -62.0]],
                ..Pose::STANDING
            })
        },
    },
    Step {
        key: "arms up",
        sport: None,
        words: Words {
            captions: &[
                "stretches both arms straight up above the head",
                "raises both arms high overhead",
                "reaches up with both hands above the head",
                "holds both arms up in the air",
                "lifts both hands high",
            ],
            script: "raises both hands straight up high above the head",
            brief: ["hands above head", "raises both arms", "arms straight up"],
            short: ["arms up", "both hands high", "reaches up"],
            unseen: "salutes skyward triumphantly",
        },
        figure: |u| {
            let sway = 6.0 * wave(u, 1.5);
            Figure::new(Pose { arms: [[160.0 + sway, 172.0], [-160.0 + sway, -172.0]], ..Pose::FACING })
        },
    },
    Step {
        key: "jump",
        sport: None,
        words: Words {
            captions: &[
                "leaps high off the ground",
                "jumps up into the air with both feet",
                "springs off the ground with spread legs",
                "is high in the air with both feet off the ground",
                "jumps with arms and legs stretched",
            ],
            script: "jumps high into the air with both feet off the ground",
            brief: ["jumps up", "high in air", "springs off ground"],
            short: ["jumps high", "leaps up", "feet off ground"],
            unseen: "bounds vertically, airborne",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 4.0,
                arms: [[130.0, 145.0], [-130.0, -145.0]],
                legs: [[38.0, 22.0], [-38.0, -40.0]],
                lift: 0.10 + 0.20 * bounce(u, 2.0),
                front: 0.5,
                ..Pose::STANDING
            })
        },
    },
    Step {
        key: "run",
        sport: None,
        words: Words {
            captions: &[
                "runs forward with long strides",
                "sprints ahead with swinging arms",
                "runs fast to the other side",
                "takes long running strides",
                "is running with one knee up",
            ],
            script: "sprints forward with long running strides",
            brief: ["sprints ahead", "running strides", "swinging arms run"],
            short: ["fast run", "long strides", "runs forward"],
            unseen: "dashes, galloping",
        },
        figure: |u| {
            let swing = wave(u, 3.0);
            let knee = |forward: f32| 25.0 + 45.0 * (0.5 - 0.5 * forward);
            let (near, far) = (8.0 + 48.0 * swing, 8.0 - 48.0 * swing);
            Figure::new(Pose {
                torso: 16.0,
                arms: [[-45.0 * swing, 85.0 - 45.0 * swing], [45.0 * swing, 85.0 + 45.0 * swing]],
                legs: [[near, near - knee(swing)], [far, far - knee(-swing)]],
                lift: 0.03 * swing.abs(),
                ..Pose::STANDING
            })
            .speed(1.3)
        },
    },
    Step {
        key: "spin",
        sport: None,
        words: Words {
            captions: &[
                "spins on the spot with arms crossed on the chest",
                "turns around quickly with folded arms",
                "spins upright with both arms held to the chest",
                "whirls around with arms folded tight",
            ],
            script: "spins around upright with arms folded on the chest",
            brief: ["spins upright", "whirls around", "folded arms turn"],
            short: ["upright spin", "arms folded", "turns around"],
            unseen: "pirouettes, hugging themselves",
        },
        figure: |u| {
            Figure::new(Pose {
                arms: [[38.0, 140.0], [30.0, 128.0]],
                legs: [[3.0, 0.0], [-2.0, -22.0]],
                turn: turning(u, 3.0),
                ..Pose::STANDING
            })
        },
    },
    Step {
        key: "kneel",
        sport: None,
        words: Words {
            captions: &[
                "kneels down on one knee",
                "goes down on one knee",
                "rests one knee on the ground",
                "drops to one knee",
            ],
            script: "rests down on the ground on one knee",
            brief: ["on one knee", "goes down on knee", "drops to knee"],
            short: ["one knee", "kneels down", "knee on ground"],
            unseen: "genuflects reverently",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 6.0 + 3.0 * wave(u, 1.0),
                arms: [[30.0, 70.0], [-6.0, 10.0]],
                legs: [[-4.0, -88.0], [84.0, 0.0]],
                ..Pose::STANDING
            })
        },
    },
    Step {
        key: "spread",
        sport: None,
        words: Words {
            captions: &[
                "spreads both arms wide to the sides",
                "opens the arms wide",
                "stands tall with arms out to the sides",
                "holds both arms out wide like wings",
            ],
            script: "opens both arms out wide to the sides",
            brief: ["opens arms", "arms to sides", "wide like wings"],
            short: ["arms wide", "open arms", "arms out"],
            unseen: "mimics an airplane",
        },
        figure: |u| {
            let sway = 5.0 * wave(u, 1.5);
            Figure::new(Pose { arms: [[92.0 + sway, 94.0], [-92.0 + sway, -94.0]], ..Pose::FACING })
        },
    },
    Step {
        key: "bow",
        sport: None,
        words: Words {
            captions: &[
                "bows from the waist with arms hanging",
                "bends forward at the waist and lets the arms hang",
                "takes a deep bow",
                "leans the upper body down in a bow",
            ],
            script: "bends the upper body down from the waist in a deep bow",
            brief: ["bows down", "waist bent", "lets arms hang"],
            short: ["deep bow", "bends forward", "arms hanging"],
            unseen: "curtsies politely",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 88.0 + 8.0 * wave(u, 1.0),
                head: 18.0,
                arms: [[6.0, 4.0], [-4.0, -6.0]],
                legs: [[3.0, 0.0], [-2.0, -4.0]],
                ..Pose::STANDING
            })
        },
    },
];

/// Fills the time around an action. No script has it.
pub const FILLERS: &[Step] = &[Step {
    key: "wait",
    sport: None,
    words: Words {
        captions: &[
            "walks around and waits",
            "stands still and waits",
            "looks around before the start",
            "rests with hands on the hips",
        ],
        script: "stands around and waits before the start",
        brief: ["stands still", "walks and waits", "rests before start"],
        short: ["waits still", "hands on hips", "looks around"],
        unseen: "loiters idly",
    },
    figure: |u| {
        let step = 12.0 * wave(u, 2.0);
        Figure::new(Pose {
            head: 8.0 * wave(u, 1.0),
            arms: [[-32.0, 48.0], [-8.0, 6.0]],
            legs: [[step, step - 4.0], [-step, -step - 4.0]],
            ..Pose::STANDING
        })
    },
}];
