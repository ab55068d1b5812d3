//! Each format as a file that is kept, and what other tools read in it (tests/reference/annotation.py).

use std::fs;
use std::path::PathBuf;

use actalign_tui::annotation::{AnnotatedMoment, AnnotatedStep, Annotation, FORMATS, Format, load, parse};
use serde_json::{Value, json};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/annotation").join(name)
}

fn named(name: &str) -> &'static Format {
    FORMATS.iter().find(|format| format.name == name).unwrap()
}

fn moment(class: &str, score: f64, steps: &[(&str, f64, f64)]) -> AnnotatedMoment {
    let step = |&(name, start, end): &(&str, f64, f64)| AnnotatedStep { name: name.to_owned(), start, end };
    let (start, end) = (steps[0].1, steps[steps.len() - 1].2);
    AnnotatedMoment {
        class: class.to_owned(),
        start,
        end,
        score: Some(score),
        steps: steps.iter().map(step).collect(),
    }
}

/// Times are those of frames at 25 frames per second, which every format keeps.
fn example() -> Annotation {
    Annotation {
        video: "games/day 1.mp4".to_owned(),
        duration: Some(60.0),
        frame_rate: Some(25.0),
        moments: vec![
            moment("serve & \"volley\"", 1.5, &[("toss <high>", 30.0, 31.2), ("smash", 31.2, 32.52)]),
            moment("lob", 0.75, &[("run\nback", 2.0, 2.4), ("hit", 2.6, 3.0)]),
            moment("serve & \"volley\"", 0.25, &[("toss <high>", 4.04, 5.0), ("smash", 5.0, 5.08)]),
        ],
    }
}

fn written(name: &str) -> String {
    (named(name).write)(&[example()])
}

/// The example as a format keeps it: in order of time, for comparison.
fn in_time(mut annotation: Annotation) -> Annotation {
    annotation.moments.sort_by(|a, b| a.start.total_cmp(&b.start));
    annotation
}

#[test]
fn every_format_writes_its_kept_file() {
    let differing = FORMATS.iter().filter_map(|format| {
        let name = match format.extension {
            "json" => format!("{}.json", format.name),
            extension => format!("example.{extension}"),
        };
        let (text, kept) = (written(format.name), fs::read_to_string(fixture(&name)).unwrap_or_default());
        (text != kept).then_some((name, text))
    });
    let differing: Vec<(String, String)> = differing.collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn formats_that_are_read_bring_back_what_they_hold() {
    for name in ["moments", "activitynet", "csv", "label-studio", "elan"] {
        let read = parse(&written(name)).unwrap();
        let mut expected = in_time(example());
        let mut found = in_time(read.into_iter().next().unwrap());
        // What the formats have no place for.
        let (has_names, has_scores) = match name {
            "moments" | "activitynet" => (false, true),
            "elan" => (true, false),
            _ => (true, true),
        };
        for moment in &mut expected.moments {
            moment.score = moment.score.filter(|_| has_scores);
            for (number, step) in moment.steps.iter_mut().enumerate() {
                if !has_names {
                    step.name = format!("step {}", number + 1);
                } else if name == "elan" {
                    step.name = step.name.replace('\n', " ");
                }
            }
        }
        assert_eq!(found.moments, expected.moments, "{name}");
        found.moments.clear();
        let video = if name == "activitynet" { "day 1" } else { "games/day 1.mp4" };
        assert_eq!(found.video, video, "{name}");
    }
}

#[test]
fn other_tools_read_what_is_written() {
    let read: Value =
        serde_json::from_str(&fs::read_to_string(fixture("read-by-tools.json")).unwrap()).unwrap();
    let class = "serve & \"volley\"";
    assert_eq!(
        read["elan"],
        json!({
            "lob": {"parent": null, "annotations": [[2000, 3000, "lob"]]},
            "lob: steps": {"parent": "lob", "annotations": [[2000, 2400, "run back"], [2600, 3000, "hit"]]},
            class: {"parent": null, "annotations": [[4040, 5080, class], [30000, 32520, class]]},
            format!("{class}: steps"): {"parent": class, "annotations": [
                [4040, 5000, "toss <high>"], [5000, 5080, "smash"],
                [30000, 31200, "toss <high>"], [31200, 32520, "smash"],
            ]},
        })
    );
    let cues = read["vtt"].as_array().unwrap();
    assert_eq!(cues.len(), 9);
    assert_eq!(cues[0], json!(["00:00:02.000", "00:00:03.000", "lob"]));
    assert_eq!(cues[7], json!(["00:00:30.000", "00:00:31.200", "toss &lt;high&gt;"]));
    let detections = &read["fiftyone"]["day 1"];
    assert_eq!(detections[0][0], class);
    assert_eq!(detections[0][2], 1.5);
    assert_eq!(detections[1], json!(["lob", detections[1][1], 0.75]));
}

#[test]
fn annotations_of_pympi_are_read() {
    let [annotation] = &load(&fixture("pympi.eaf")).unwrap()[..] else { panic!("one recording") };
    assert!(annotation.video.ends_with("game.mp4"), "{}", annotation.video);
    let told: Vec<_> = annotation
        .moments
        .iter()
        .map(|moment| {
            let steps: Vec<_> =
                moment.steps.iter().map(|step| (step.name.as_str(), step.start, step.end)).collect();
            (moment.class.as_str(), moment.start, moment.end, steps)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("serve & volley", 1.0, 4.5, vec![("toss", 1.0, 2.0), ("hit", 2.0, 4.5)]),
            ("lob", 9.0, 12.25, vec![("run", 9.0, 9.5)]),
            ("unlabelled smash", 20.0, 21.0, vec![]),
        ]
    );
}

#[test]
fn ground_truth_of_activitynet_is_read() {
    let text = r#"{"version": "1.3", "taxonomy": [], "database": {"v1": {"duration": 90.5, "subset": "validation",
        "annotations": [{"label": "Long jump", "segment": [3.5, 12]}]}}}"#;
    let [annotation] = &parse(text).unwrap()[..] else { panic!("one recording") };
    assert_eq!((annotation.video.as_str(), annotation.duration), ("v1", Some(90.5)));
    assert_eq!(annotation.moments[0].class, "Long jump");
    assert_eq!((annotation.moments[0].start, annotation.moments[0].end), (3.5, 12.0));
}

#[test]
fn peoples_annotations_of_label_studio_count_before_predictions() {
    let region = |label: &str| json!({"id": "r", "type": "timelinelabels", "value": {"ranges": [{"start": 1, "end": 48}], "timelinelabels": [label]}});
    let box_of_a_ball = json!({"id": "b", "type": "videorectangle", "value": {"labels": ["ball"]}});
    let tasks = json!([{
        "data": {"video": "a.mp4"},
        "annotations": [{"result": [box_of_a_ball, region("serve")]}],
        "predictions": [{"result": [region("lob")]}],
    }]);
    let [annotation] = &parse(&tasks.to_string()).unwrap()[..] else { panic!("one recording") };
    let [moment] = &annotation.moments[..] else { panic!("one moment") };
    assert_eq!((moment.class.as_str(), moment.start, moment.end), ("serve", 0.0, 2.0));
}

#[test]
fn what_is_no_annotation_is_refused() {
    for (text, reason) in [
        ("", "unknown format"),
        ("{\"classes\": [{\"name\": \"x\"}]}", "unknown format"),
        (r#"{"a.mp4": [{"class": "x", "start": 2, "end": 1}]}"#, "no stretch of time"),
        (r#"{"a.mp4": [{"class": " ", "start": 0, "end": 1}]}"#, "no class"),
        (r#"{"a.mp4": [{"class": "x", "start": "0", "end": 1}]}"#, "no number in \"start\""),
        (r#"{"a.mp4": [{"class": "x", "start": 0, "end": 1, "steps": [[1]]}]}"#, "pair of times"),
        ("video,class,start,end\na.mp4,x,0,soon\n", "line 2: end is \"soon\""),
        ("video,class,start,end,step\na.mp4,x,0,1,1\n", "a step before its moment"),
        ("<ANNOTATION_DOCUMENT>", "root"),
        (r#"[{"data": {"text": "x"}}]"#, "without data.video"),
        (r#"[{"data": {"video": "x", "fps": 0}}]"#, "frames per second"),
    ] {
        let refused = parse(text).unwrap_err();
        assert!(refused.contains(reason) || reason == "root", "{text}: {refused}");
    }
    let error = load(&fixture("none.eaf")).unwrap_err().to_string();
    assert!(error.contains("none.eaf"), "{error}");
}
