use super::{Step, Words, bounce, wave};
use crate::rendered::actions::Sport;
use crate::rendered::body::Pose;
use crate::rendered::figure::Anchor::{Ground, Hands};
use crate::rendered::figure::Figure;

const SPORT: Option<Sport> = Some(Sport::Weightlifting);

const SQUAT: [[f32; 2]; 2] = [[92.0, -34.0], [-92.0, 34.0]];
const ARMS_UP: [[f32; 2]; 2] = [[152.0, 170.0], [-152.0, -170.0]];
const ARMS_RACKED: [[f32; 2]; 2] = [[58.0, 204.0], [-58.0, -204.0]];

pub const STEPS: &[Step] = &[
    Step {
        key: "grip",
        sport: SPORT,
        words: Words {
            captions: &[
                "bends down and grips the bar on the floor",
                "leans over the bar with hands on it",
                "takes hold of the bar at the shins",
                "grabs the loaded bar on the platform",
            ],
            script: "leans down over the floor and takes hold of the bar",
            brief: ["grabs bar", "bar at shins", "leans over bar"],
            short: ["grips bar", "hands on bar", "bends over bar"],
            unseen: "clasps iron, stooping",
        },
        figure: |u| {
            Figure::new(Pose {
                head: 10.0,
                arms: [[16.0, 12.0], [-16.0, -12.0]],
                legs: [[100.0 + 4.0 * wave(u, 1.0), -26.0], [-100.0 - 4.0 * wave(u, 1.0), 26.0]],
                ..Pose::FACING
            })
            .bar(Ground, 0.17)
        },
    },
    Step {
        key: "hang",
        sport: SPORT,
        words: Words {
            captions: &[
                "stands with the bar hanging at the thighs",
                "pulls the bar up to the hips with straight arms",
                "holds the bar in front of the thighs",
                "stands upright with the bar in hanging arms",
            ],
            script: "stands upright and holds the bar with straight arms at the thighs",
            brief: ["bar at hips standing", "hanging arms", "bar in front of thighs"],
            short: ["bar at thighs", "bar at hips", "straight arm hang"],
            unseen: "dangles iron midway",
        },
        figure: |u| {
            Figure::new(Pose {
                arms: [[16.0, 10.0], [-16.0, -10.0]],
                lift: 0.02 * bounce(u, 1.0),
                ..Pose::FACING
            })
            .bar(Hands, 0.0)
        },
    },
    Step {
        key: "rack",
        sport: SPORT,
        words: Words {
            captions: &[
                "holds the bar on the shoulders while standing",
                "stands with the bar at the collar",
                "rests the bar on the front of the shoulders",
                "keeps the bar at the neck with high elbows",
            ],
            script: "stands and rests the bar on the shoulders with high elbows",
            brief: ["bar at collar", "bar on front shoulders", "elbows high standing"],
            short: ["bar on shoulders", "bar at neck", "high elbows"],
            unseen: "props iron against clavicles",
        },
        figure: |u| {
            Figure::new(Pose { head: 4.0 * wave(u, 1.0), arms: ARMS_RACKED, ..Pose::FACING }).bar(Hands, 0.0)
        },
    },
    Step {
        key: "front squat",
        sport: SPORT,
        words: Words {
            captions: &[
                "sits in a deep squat with the bar on the shoulders",
                "squats low under the bar at the neck",
                "catches the bar on the shoulders in a squat",
                "goes down into a squat holding the bar at the shoulders",
            ],
            script: "squats deep and low with the bar on the front of the shoulders",
            brief: ["squats bar at shoulders", "deep squat bar at neck", "low with bar at shoulders"],
            short: ["squat with bar", "low under bar", "deep front squat"],
            unseen: "hunches beneath iron",
        },
        figure: |u| {
            let sway = 4.0 * wave(u, 1.0);
            let legs = [[SQUAT[0][0] + sway, SQUAT[0][1]], [SQUAT[1][0] - sway, SQUAT[1][1]]];
            Figure::new(Pose { arms: ARMS_RACKED, legs, ..Pose::FACING }).bar(Hands, 0.0)
        },
    },
    Step {
        key: "lockout",
        sport: SPORT,
        words: Words {
            captions: &[
                "holds the bar overhead with straight arms",
                "stands tall with the bar above the head",
                "presses the bar up and locks the elbows",
                "keeps the bar high over the head while standing",
            ],
            script: "stands tall and presses the bar high overhead with straight arms",
            brief: ["straight arms overhead", "bar above head standing", "presses bar"],
            short: ["bar overhead", "locks the elbows", "presses bar up"],
            unseen: "elevates iron completely",
        },
        figure: |u| {
            let sway = 3.0 * wave(u, 1.5);
            let arms = [[152.0 + sway, 170.0], [-152.0 + sway, -170.0]];
            Figure::new(Pose { arms, ..Pose::FACING }).bar(Hands, 0.0)
        },
    },
    Step {
        key: "overhead squat",
        sport: SPORT,
        words: Words {
            captions: &[
                "squats deep with the bar overhead",
                "sits low under the bar with straight arms up",
                "catches the bar overhead in a deep squat",
                "holds the bar above the head while squatting low",
            ],
            script: "sits in a deep squat and holds the bar overhead with arms straight",
            brief: ["squats bar overhead", "low with bar above head", "deep squat straight arms"],
            short: ["overhead squat", "squat arms up", "bar up low"],
            unseen: "burrows beneath elevated metal",
        },
        figure: |u| {
            let sway = 4.0 * wave(u, 1.0);
            let legs = [[SQUAT[0][0] + sway, SQUAT[0][1]], [SQUAT[1][0] - sway, SQUAT[1][1]]];
            Figure::new(Pose { arms: ARMS_UP, legs, ..Pose::FACING }).bar(Hands, 0.0)
        },
    },
    Step {
        key: "split",
        sport: SPORT,
        words: Words {
            captions: &[
                "splits the legs front and back under the bar",
                "stands in a split stance with the bar overhead",
                "jerks the bar up with one foot forward and one back",
                "catches the bar overhead in a split",
            ],
            script: "stands with one foot forward and one back under the bar overhead",
            brief: ["foot front foot back", "split under bar", "one foot back"],
            short: ["split stance", "legs split", "one foot forward"],
            unseen: "scissors beneath metal",
        },
        figure: |u| {
            let sway = 3.0 * wave(u, 1.0);
            Figure::new(Pose {
                arms: ARMS_UP,
                legs: [[62.0 + sway, -2.0], [-40.0, -58.0]],
                front: 0.8,
                ..Pose::FACING
            })
            .bar(Hands, 0.0)
        },
    },
    Step {
        key: "drop",
        sport: SPORT,
        words: Words {
            captions: &[
                "lets the bar fall to the floor",
                "drops the bar in front of the body",
                "releases the bar and it falls",
                "lets go of the bar with open hands",
            ],
            script: "releases the bar and lets it fall in front of the body",
            brief: ["bar let go", "bar falls down", "open hands release"],
            short: ["bar falls", "drops bar", "lets go"],
            unseen: "abandons metal, clanging",
        },
        figure: |u| {
            Figure::new(Pose {
                head: 12.0,
                arms: [[52.0, 60.0], [-52.0, -60.0]],
                legs: [[14.0, 8.0], [-14.0, -8.0]],
                ..Pose::FACING
            })
            .bar(Ground, 0.20 + 0.20 * bounce(1.0 - u, 2.5) * (1.0 - 0.6 * u))
        },
    },
    Step {
        key: "chalk",
        sport: SPORT,
        words: Words {
            captions: &[
                "claps the hands in a cloud of chalk",
                "rubs chalk into the palms",
                "powders both hands with chalk",
                "stands in white dust and claps the hands",
            ],
            script: "rubs both hands in a cloud of white chalk",
            brief: ["chalk on palms", "claps in dust", "powders hands"],
            short: ["chalk cloud", "rubs hands", "white dust"],
            unseen: "coats fingers with magnesium",
        },
        figure: |u| {
            let rub = 10.0 * wave(u, 4.0);
            Figure {
                dust: true,
                ..Figure::new(Pose {
                    head: 6.0,
                    arms: [[26.0 + rub, 226.0], [-26.0 + rub, -226.0]],
                    ..Pose::FACING
                })
            }
        },
    },
];
