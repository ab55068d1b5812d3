use super::{Step, Words, bounce, wave};
use crate::rendered::actions::Sport;
use crate::rendered::body::Pose;
use crate::rendered::figure::Anchor::{Ground, OtherHand, Strings};
use crate::rendered::figure::Figure;

const SPORT: Option<Sport> = Some(Sport::Tennis);

pub const STEPS: &[Step] = &[
    Step {
        key: "tap",
        sport: SPORT,
        words: Words {
            captions: &[
                "bounces the ball on the ground before serving",
                "taps the ball down onto the court",
                "lets the ball bounce in front of the feet",
                "bounces the small ball with the free hand",
            ],
            script: "taps the ball down and lets it bounce in front of the feet",
            brief: ["bounces ball before serving", "taps ball", "ball down at feet"],
            short: ["ball taps down", "bounces small ball", "small bounce"],
            unseen: "pats felt earthward",
        },
        figure: |u| {
            let down = bounce(u, 4.0);
            Figure::new(Pose {
                torso: 28.0,
                head: 12.0,
                arms: [[-20.0, 10.0], [32.0, 48.0 - 10.0 * down]],
                legs: [[14.0, -4.0], [-10.0, -18.0]],
                ..Pose::STANDING
            })
            .racket(20.0)
            .ball(OtherHand, 0.04, -0.05 - 0.30 * down)
        },
    },
    Step {
        key: "toss",
        sport: SPORT,
        words: Words {
            captions: &[
                "tosses the ball high into the air with the free hand",
                "throws the ball up above the head",
                "stretches the free arm up and releases the ball",
                "looks up at the tossed ball",
            ],
            script: "throws the ball high up with the free hand and looks up",
            brief: ["throws ball up", "looks up at ball", "free hand high"],
            short: ["tosses the ball", "tosses ball up", "free arm up"],
            unseen: "lobs felt heavenward",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: -10.0,
                head: -22.0,
                arms: [[-28.0, -10.0], [148.0, 164.0]],
                legs: [[14.0, 4.0], [-12.0, -20.0]],
                ..Pose::STANDING
            })
            .racket(10.0)
            .ball(OtherHand, 0.03, 0.07 + 0.22 * bounce(u, 1.0))
        },
    },
    Step {
        key: "racket back",
        sport: SPORT,
        words: Words {
            captions: &[
                "drops the racket behind the back",
                "bends the arm with the racket behind the head",
                "swings the racket down behind the shoulder",
                "holds the racket behind the back with a raised elbow",
            ],
            script: "bends the elbow and drops the racket behind the shoulder",
            brief: ["racket behind head", "elbow raised", "racket down behind"],
            short: ["racket behind back", "bent elbow", "racket drops back"],
            unseen: "cocks the paddle rearward",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: -14.0,
                head: -14.0,
                arms: [[-108.0, -158.0], [118.0 - 30.0 * u, 128.0 - 20.0 * u]],
                legs: [[34.0, -26.0], [8.0, -40.0]],
                ..Pose::STANDING
            })
            .racket(-32.0)
            .ball(Ground, 0.14, 1.36 - 0.06 * u)
        },
    },
    Step {
        key: "smash",
        sport: SPORT,
        words: Words {
            captions: &[
                "hits the ball above the head with the racket",
                "smashes the ball overhead",
                "reaches up with the racket and strikes the ball",
                "strikes the ball at full stretch overhead",
            ],
            script: "strikes the ball above the head at full stretch with the racket",
            brief: ["hits ball overhead", "full stretch strike", "racket above head"],
            short: ["smashes overhead", "strikes ball high", "racket up high"],
            unseen: "clobbers felt mightily",
        },
        figure: |u| {
            let sweep = 22.0 * wave(u, 1.0);
            Figure::new(Pose {
                torso: 8.0,
                arms: [[156.0 - sweep, 168.0 - sweep], [24.0, 70.0]],
                legs: [[6.0, -4.0], [-14.0, -44.0]],
                lift: 0.06,
                ..Pose::STANDING
            })
            .racket(162.0 - sweep)
            .ball(Strings, 0.06, 0.01)
        },
    },
    Step {
        key: "forehand",
        sport: SPORT,
        words: Words {
            captions: &[
                "swings the racket forward at waist height",
                "hits the ball in front of the body with a flat swing",
                "swings the racket through to the front",
                "strikes the ball in front at the height of the hip",
            ],
            script: "swings the racket flat in front of the body at waist height",
            brief: ["swings at waist", "swing to front", "hits ball in front"],
            short: ["swings in front", "flat swing", "racket swings forward"],
            unseen: "wallops felt laterally",
        },
        figure: |u| {
            let sweep = 12.0 * wave(u, 1.0);
            Figure::new(Pose {
                torso: 10.0,
                arms: [[52.0 + sweep, 74.0 + sweep], [-30.0, 10.0]],
                legs: [[40.0, 0.0], [-26.0, -40.0]],
                ..Pose::STANDING
            })
            .racket(88.0 + sweep)
            .ball(Strings, 0.08, 0.0)
        },
    },
    Step {
        key: "backhand",
        sport: SPORT,
        words: Words {
            captions: &[
                "pulls the racket back with both hands",
                "turns away and holds the racket back with two hands",
                "takes the racket back across the body with both hands",
                "winds up with both hands on the racket",
            ],
            script: "turns away and pulls the racket back across the body with two hands",
            brief: ["two hands on racket", "racket taken back", "turns away"],
            short: ["racket pulled back", "two hands back", "winds up"],
            unseen: "coils, loading the paddle",
        },
        figure: |u| {
            let sweep = 8.0 * wave(u, 1.0);
            Figure::new(Pose {
                torso: -4.0,
                arms: [[-52.0 + sweep, -74.0 + sweep], [-40.0 + sweep, -70.0 + sweep]],
                legs: [[24.0, 0.0], [-30.0, -36.0]],
                ..Pose::STANDING
            })
            .racket(-108.0 + sweep)
            .ball(Ground, 0.62 - 0.14 * u, 0.52)
        },
    },
    Step {
        key: "volley",
        sport: SPORT,
        words: Words {
            captions: &[
                "blocks the ball with the racket held up in front of the face",
                "volleys the ball with a short punch",
                "punches the ball with the racket upright",
                "holds the racket upright in front of the head",
            ],
            script: "blocks the ball in front of the face with the racket upright",
            brief: ["punches ball", "racket upright in front", "blocks at face"],
            short: ["blocks ball", "racket held upright", "short punch"],
            unseen: "parries felt crisply",
        },
        figure: |u| {
            let punch = 8.0 * wave(u, 1.5);
            Figure::new(Pose {
                torso: 12.0,
                arms: [[58.0 + punch, 118.0], [40.0, 100.0]],
                legs: [[44.0, -10.0], [-18.0, -38.0]],
                ..Pose::STANDING
            })
            .racket(172.0)
            .ball(Strings, 0.10, 0.0)
        },
    },
    Step {
        key: "scoop",
        sport: SPORT,
        words: Words {
            captions: &[
                "scoops the ball up from near the ground with the racket",
                "reaches down with the racket to the low ball",
                "digs the ball out just above the court",
                "bends down deep and lifts the ball with the racket",
            ],
            script: "reaches down deep and scoops up the ball with the racket near the ground",
            brief: ["bends down to ball", "lifts low ball", "digs near ground"],
            short: ["scoops ball", "low racket", "digs ball up"],
            unseen: "rescues felt grimly",
        },
        figure: |u| {
            let sweep = 10.0 * wave(u, 1.0);
            Figure::new(Pose {
                torso: 58.0,
                head: -20.0,
                arms: [[34.0 + sweep, 42.0 + sweep], [-60.0, -70.0]],
                legs: [[84.0, -8.0], [-42.0, -66.0]],
                ..Pose::STANDING
            })
            .racket(62.0 + sweep)
            .ball(Strings, 0.07, 0.0)
        },
    },
    Step {
        key: "lunge",
        sport: SPORT,
        words: Words {
            captions: &[
                "steps into a deep lunge with the racket behind",
                "lunges forward with the front knee bent and the back leg stretched",
                "takes a big step forward and bends the front knee",
                "stretches out in a long lunge",
            ],
            script: "steps forward into a long lunge with the front knee bent",
            brief: ["big step forward", "back leg stretched", "long lunge"],
            short: ["deep lunge", "front knee bent", "long step"],
            unseen: "extends hugely",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 8.0 + 4.0 * wave(u, 1.0),
                arms: [[-50.0, -58.0], [70.0, 84.0]],
                legs: [[82.0, -4.0], [-54.0, -64.0]],
                ..Pose::STANDING
            })
            .racket(-80.0)
        },
    },
];
