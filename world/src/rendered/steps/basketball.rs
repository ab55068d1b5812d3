use super::{Step, Words, bounce, wave};
use crate::rendered::actions::Sport;
use crate::rendered::body::Pose;
use crate::rendered::figure::Anchor::{Ground, Hand, Hands};
use crate::rendered::figure::Figure;

const SPORT: Option<Sport> = Some(Sport::Basketball);

pub const STEPS: &[Step] = &[
    Step {
        key: "dribble",
        sport: SPORT,
        words: Words {
            captions: &[
                "bounces the ball on the floor with one hand",
                "dribbles the ball low",
                "pushes the ball down to the floor",
                "dribbles with bent knees",
            ],
            script: "bounces the ball down low with one hand",
            brief: ["bounces ball", "one hand bounce", "dribbles low"],
            short: ["dribbles ball", "ball bounces", "ball down low"],
            unseen: "thumps leather repeatedly",
        },
        figure: |u| {
            let down = bounce(u, 5.0);
            Figure::new(Pose {
                torso: 26.0,
                head: -12.0,
                arms: [[22.0, 62.0 - 22.0 * down], [-15.0, 25.0]],
                legs: [[42.0, -22.0], [12.0, -34.0]],
                ..Pose::STANDING
            })
            .ball(Hand, 0.03, -0.06 - 0.25 * down)
            .speed(0.25)
        },
    },
    Step {
        key: "hold",
        sport: SPORT,
        words: Words {
            captions: &[
                "holds the ball with both hands at the chest",
                "keeps the ball in front of the chest",
                "stands with the ball held at the chest",
                "looks around with the ball at the chest",
            ],
            script: "keeps the ball in both hands in front of the chest",
            brief: ["both hands at chest", "ball kept in front", "keeps ball still"],
            short: ["ball at chest", "holds ball", "ball held still"],
            unseen: "clutches the sphere protectively",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 4.0 + 3.0 * wave(u, 1.0),
                arms: [[8.0, 98.0], [2.0, 92.0]],
                legs: [[14.0, 0.0], [-10.0, -16.0]],
                ..Pose::STANDING
            })
            .ball(Hands, 0.06, 0.03)
        },
    },
    Step {
        key: "overhead",
        sport: SPORT,
        words: Words {
            captions: &[
                "lifts the ball above the head with both hands",
                "raises the ball overhead",
                "holds the ball high above the head",
                "brings the ball up over the head",
            ],
            script: "raises the ball high over the head with both hands",
            brief: ["ball above head", "ball lifted high", "raises ball up"],
            short: ["ball overhead", "lifts ball", "ball held high"],
            unseen: "hoists the sphere aloft",
        },
        figure: |u| {
            let sway = 4.0 * wave(u, 1.0);
            Figure::new(Pose {
                torso: 2.0,
                arms: [[152.0 + sway, 188.0], [146.0 + sway, 184.0]],
                legs: [[12.0, 0.0], [-8.0, -12.0]],
                ..Pose::STANDING
            })
            .ball(Hands, 0.02, 0.08)
        },
    },
    Step {
        key: "shot",
        sport: SPORT,
        words: Words {
            captions: &[
                "shoots and the ball flies to the hoop",
                "releases the ball in an arc to the basket",
                "throws the ball up toward the hoop",
                "follows the flying ball with one arm stretched",
            ],
            script: "releases the ball and it flies up toward the basket",
            brief: ["throws at basket", "ball in an arc", "releases the ball up"],
            short: ["ball flies", "shoots ball", "ball to hoop"],
            unseen: "launches a parabolic projectile",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 6.0,
                arms: [[140.0, 118.0], [112.0, 132.0]],
                legs: [[10.0, -8.0], [-8.0, -26.0]],
                lift: 0.07,
                ..Pose::STANDING
            })
            .ball(Ground, 0.36 + 0.42 * u, 1.14 + 0.16 * bounce(u, 1.0))
        },
    },
    Step {
        key: "dunk",
        sport: SPORT,
        words: Words {
            captions: &[
                "hangs from the rim and slams the ball through the hoop",
                "slams the ball down into the basket",
                "dunks with both hands on the rim",
                "hangs on the rim high above the floor",
            ],
            script: "slams the ball down through the rim and hangs on it",
            brief: ["dunks on rim", "slams down hard", "hangs high above floor"],
            short: ["slams ball", "hangs on rim", "ball through hoop"],
            unseen: "crams it ferociously",
        },
        figure: |u| {
            let swing = 14.0 * wave(u, 1.5);
            Figure::new(Pose {
                torso: -6.0 + swing / 3.0,
                arms: [[158.0, 166.0], [150.0, 160.0]],
                legs: [[34.0 + swing, -30.0 + swing], [20.0 + swing, -46.0 + swing]],
                lift: 0.24,
                ..Pose::STANDING
            })
            .ball(Hands, 0.10, -0.16 - 0.10 * u)
        },
    },
    Step {
        key: "pass",
        sport: SPORT,
        words: Words {
            captions: &[
                "passes the ball forward with straight arms",
                "throws the ball away from the chest",
                "pushes the ball forward to a teammate",
                "sends the ball straight ahead with both hands",
            ],
            script: "throws the ball straight ahead with both arms",
            brief: ["throws ball forward", "ball sent ahead", "straight arms pass"],
            short: ["passes ball", "throws ball ahead", "arms straight ahead"],
            unseen: "flings it at an ally",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 14.0,
                arms: [[84.0, 90.0], [78.0, 86.0]],
                legs: [[34.0, 4.0], [-24.0, -34.0]],
                ..Pose::STANDING
            })
            .ball(Hands, 0.10 + 0.40 * u, 0.02)
        },
    },
    Step {
        key: "behind",
        sport: SPORT,
        words: Words {
            captions: &[
                "swings the ball behind the back",
                "carries the ball around the back with one hand",
                "hides the ball behind the body",
                "moves the ball behind the back",
            ],
            script: "carries the ball behind the body with one hand",
            brief: ["ball around back", "ball hidden behind", "carries ball behind"],
            short: ["ball behind back", "around back", "hides ball"],
            unseen: "conceals it rearward",
        },
        figure: |u| {
            let swing = 10.0 * wave(u, 1.5);
            Figure::new(Pose {
                torso: 20.0,
                arms: [[-58.0 + swing, -72.0 + swing], [40.0, 85.0]],
                legs: [[36.0, -6.0], [-16.0, -34.0]],
                ..Pose::STANDING
            })
            .ball(Hand, -0.05, -0.03)
        },
    },
    Step {
        key: "layup",
        sport: SPORT,
        words: Words {
            captions: &[
                "leaps off one leg and reaches up with the ball in one hand",
                "lays the ball up with one knee raised",
                "jumps from one foot and lifts the ball with one hand",
                "floats up with one knee high and the ball in one hand",
            ],
            script: "jumps off one leg and lifts the ball up in one hand",
            brief: ["lays ball up", "one knee high", "reaches up one hand"],
            short: ["lifts one hand", "knee raised high", "reaches with ball"],
            unseen: "soars, delivering softly",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 2.0,
                arms: [[150.0, 168.0], [20.0, 64.0]],
                legs: [[88.0, -4.0], [-8.0, -22.0]],
                lift: 0.10 + 0.08 * bounce(u, 1.0),
                ..Pose::STANDING
            })
            .ball(Hand, 0.03, 0.07)
        },
    },
    Step {
        key: "hook",
        sport: SPORT,
        words: Words {
            captions: &[
                "swings the ball over the head with one long straight arm",
                "turns sideways and sweeps the ball up over the head in one hand",
                "leans away and throws the ball over the head with a stretched arm",
                "holds the other arm out and swings one arm over the head with the ball",
            ],
            script: "leans sideways and sweeps the ball over the head with one straight arm",
            brief: ["one arm over head", "ball swept sideways", "long arm arc"],
            short: ["arm sweeps over", "sideways one hand", "leans away"],
            unseen: "catapults leather obliquely",
        },
        figure: |u| {
            let sweep = 14.0 * wave(u, 1.0);
            Figure::new(Pose {
                torso: -20.0,
                head: 14.0,
                arms: [[-128.0 - sweep, -150.0 - sweep], [84.0, 62.0]],
                legs: [[58.0, -34.0], [-4.0, -10.0]],
                lift: 0.08,
                ..Pose::STANDING
            })
            .ball(Hand, -0.02, 0.07)
        },
    },
];
