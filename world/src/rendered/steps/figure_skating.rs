use super::{Step, Words, bounce, turning, wave};
use crate::rendered::actions::Sport;
use crate::rendered::body::Pose;
use crate::rendered::figure::Figure;

const SPORT: Option<Sport> = Some(Sport::FigureSkating);

pub const STEPS: &[Step] = &[
    Step {
        key: "crossover",
        sport: SPORT,
        words: Words {
            captions: &[
                "crosses one foot over the other on the ice",
                "steps one skate across in a curve",
                "crosses the legs while gliding",
                "moves along a curve with crossed legs",
            ],
            script: "crosses one skate over the other along a curve",
            brief: ["one skate across", "legs crossed", "glides in a curve"],
            short: ["crossed legs", "crosses feet", "curved steps"],
            unseen: "braids the blades obliquely",
        },
        figure: |u| {
            let sway = 8.0 * wave(u, 2.0);
            Figure::new(Pose {
                torso: 24.0,
                head: -10.0,
                arms: [[66.0, 76.0], [-66.0, -76.0]],
                legs: [[34.0 + sway, -34.0 + sway], [-26.0 - sway, 26.0 - sway]],
                ..Pose::STANDING
            })
            .speed(0.8)
        },
    },
    Step {
        key: "camel",
        sport: SPORT,
        words: Words {
            captions: &[
                "tips forward flat with one leg stretched behind",
                "stretches the body flat like a letter t on one leg",
                "holds one leg and the trunk level with the ice",
                "balances flat on one leg",
            ],
            script: "balances on one leg with trunk and other leg flat and level",
            brief: ["flat like a letter t", "trunk level", "one leg back flat"],
            short: ["balances flat", "leg stretched behind", "body level"],
            unseen: "forms an arabesque horizontally",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 84.0 + 5.0 * wave(u, 1.0),
                head: -40.0,
                arms: [[96.0, 98.0], [-40.0, -60.0]],
                legs: [[0.0, 0.0], [-94.0, -96.0]],
                turn: 0.85,
                ..Pose::STANDING
            })
            .speed(0.3)
        },
    },
    Step {
        key: "sit spin",
        sport: SPORT,
        words: Words {
            captions: &[
                "sits low on one leg with the other leg stretched forward",
                "spins low with one leg held out in front",
                "sinks into a sitting spin",
                "sits on one bent leg close to the ice",
            ],
            script: "sinks low on one bent leg with the other leg out in front",
            brief: ["sits low", "spins low", "bent leg near ice"],
            short: ["sitting spin", "low on leg", "leg out front"],
            unseen: "twirls, seated",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 46.0,
                head: -10.0,
                arms: [[62.0, 74.0], [56.0, 70.0]],
                legs: [[96.0, 88.0], [70.0, -72.0]],
                turn: turning(u, 1.0).signum() * 0.9,
                ..Pose::STANDING
            })
        },
    },
    Step {
        key: "foot to head",
        sport: SPORT,
        words: Words {
            captions: &[
                "pulls the free foot above the head with both hands",
                "holds the skate high behind and above the head",
                "lifts one leg up behind the back to the head",
                "grasps the blade overhead",
            ],
            script: "pulls one leg up behind the back and holds the skate above the head",
            brief: ["skate above head", "foot pulled up high", "grasps blade"],
            short: ["foot above head", "pulls skate up", "leg behind head"],
            unseen: "contorts, tugging upward",
        },
        figure: |u| {
            let sway = 4.0 * wave(u, 1.5);
            Figure::new(Pose {
                torso: 8.0,
                head: -12.0,
                arms: [[-150.0, -168.0], [-144.0, -160.0]],
                legs: [[0.0, 2.0], [-112.0 + sway, -184.0 + sway]],
                ..Pose::STANDING
            })
        },
    },
    Step {
        key: "layback",
        sport: SPORT,
        words: Words {
            captions: &[
                "arches the back and looks up at the ceiling",
                "leans far backward with curved arms",
                "bends backward with the head dropped",
                "spins with the upper body leaning back",
            ],
            script: "leans the upper body far back with the head dropped",
            brief: ["bends backward", "looks at ceiling", "back arched far"],
            short: ["arched back", "leans backward", "head dropped back"],
            unseen: "reclines, swooning",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: -52.0 + 5.0 * wave(u, 1.0),
                head: -45.0,
                arms: [[-160.0, -120.0], [160.0, -160.0]],
                legs: [[10.0, 0.0], [-20.0, -70.0]],
                turn: 0.9,
                ..Pose::STANDING
            })
        },
    },
    Step {
        key: "twist",
        sport: SPORT,
        words: Words {
            captions: &[
                "turns in the air with crossed legs",
                "rotates above the ice with arms pulled in tight",
                "is straight and tight in the air like a pencil",
                "rotates quickly in the air",
            ],
            script: "rotates in the air with crossed legs and arms pulled in tight",
            brief: ["rotates in air", "arms tight in air", "straight like a pencil"],
            short: ["turns in air", "turns tight", "rotates fast"],
            unseen: "corkscrews, weightless",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 10.0,
                arms: [[32.0, 150.0], [24.0, 138.0]],
                legs: [[8.0, -8.0], [-10.0, 10.0]],
                lift: 0.16 + 0.12 * bounce(u, 1.0),
                turn: turning(u, 3.0),
                ..Pose::STANDING
            })
            .speed(0.6)
        },
    },
    Step {
        key: "landing",
        sport: SPORT,
        words: Words {
            captions: &[
                "lands on one foot with the free leg held back",
                "glides out backward with open arms on one leg",
                "finishes on one foot with arms open",
                "holds the landing with one leg behind",
            ],
            script: "holds the landing on one foot with free leg back and arms open",
            brief: ["lands on one foot", "arms open one leg", "leg held behind"],
            short: ["one foot landing", "glides out", "free leg back"],
            unseen: "alights gracefully",
        },
        figure: |u| {
            Figure::new(Pose {
                torso: 16.0 + 4.0 * wave(u, 1.0),
                head: -12.0,
                arms: [[82.0, 90.0], [-82.0, -90.0]],
                legs: [[24.0, -18.0], [-58.0, -66.0]],
                ..Pose::STANDING
            })
            .speed(-0.4)
        },
    },
    Step {
        key: "kick",
        sport: SPORT,
        words: Words {
            captions: &[
                "kicks one leg high in front",
                "swings the free leg up to the front",
                "lifts a straight leg forward high",
                "kicks forward up to shoulder height",
            ],
            script: "swings a straight leg high up in front",
            brief: ["kicks high", "free leg up front", "leg at shoulder height"],
            short: ["kicks leg high", "leg swings up", "straight leg forward"],
            unseen: "punts emptiness vigorously",
        },
        figure: |u| {
            let sway = 9.0 * wave(u, 1.0);
            Figure::new(Pose {
                torso: -12.0,
                arms: [[50.0, 60.0], [-60.0, -50.0]],
                legs: [[108.0 + sway, 110.0 + sway], [-4.0, -8.0]],
                ..Pose::STANDING
            })
            .speed(0.3)
        },
    },
];
