//! The built binary's `align` command.

use assert_cmd::Command;
use ndarray::{Array1, Array2, ShapeBuilder, array};
use ndarray_npy::write_npy;
use predicates::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

use crate::support::program;

/// `actalign-tui align` in a folder.
fn align(folder: &Path, arguments: &str) -> Command {
    let mut command = program();
    command.current_dir(folder).arg("align").args(arguments.split(' '));
    command
}

/// Three frames along the axes of space, and the scripts of two classes: `with` follows them, `against` goes
/// the other way.
fn clip() -> TempDir {
    let folder = TempDir::new().unwrap();
    let with = array![[1.0_f32, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0]];
    let against = with.slice(ndarray::s![..;-1, ..]).to_owned();
    write_npy(folder.path().join("frames.npy"), &(4.0 * &with)).unwrap();
    write_npy(folder.path().join("with.npy"), &with).unwrap();
    write_npy(folder.path().join("against.npy"), &against).unwrap();
    folder
}

const CLASSES: &str = "--frames frames.npy --steps against.npy with.npy --logit-scale 0.5 --logit-bias -1";

fn report(folder: &Path, arguments: &str) -> Value {
    let output =
        align(folder, &format!("{arguments} --json")).assert().success().stderr("").get_output().clone();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[track_caller]
fn assert_close(ours: &Value, expected: f64) {
    let ours = ours.as_f64().unwrap();
    assert!((ours - expected).abs() < 1e-6, "{ours}, not {expected}");
}

#[test]
fn json_ranks_the_classes() {
    let folder = clip();
    let report = report(folder.path(), CLASSES);
    let (same, other) = (sigmoid(0.5_f64.exp() - 1.0), sigmoid(-1.0));
    let [against, with] = &report["classes"].as_array().unwrap()[..] else { panic!("two classes") };

    assert_eq!(report["ranking"], json!([1, 0]));
    assert_eq!((&with["index"], &with["name"], &with["rank"]), (&json!(1), &json!("with"), &json!(1)));
    assert_eq!(
        (&against["index"], &against["name"], &against["rank"]),
        (&json!(0), &json!("against"), &json!(2))
    );
    // Five cells, because every cell is positive: the diagonal and two beside it.
    assert_close(&with["score"], (3.0 * same + 2.0 * other) / 5.0);
    assert_eq!(with["path"], json!([[0, 0], [1, 0], [1, 1], [2, 1], [2, 2]]));
    assert_eq!(with["frames_per_step"], json!([1, 2, 2]));
    assert_eq!(with["collapsed"], json!(false));
    for class in [with, against] {
        assert_close(&class["order_free"], (3.0 * same + 6.0 * other) / 9.0);
        assert_eq!(class["mean_pool"], Value::Null);
    }
    // None of the five other orders of three steps scores as high.
    assert_close(&with["order_p"], 1.0 / 6.0);
    assert!(with["order_z"].as_f64().unwrap() > 1.0 && against["order_z"].as_f64().unwrap() < 0.0);
    assert_close(&with["margin"], with["score"].as_f64().unwrap() - against["score"].as_f64().unwrap());
    let settings = &report["settings"];
    assert_close(&settings["alpha"], f64::from(0.5_f32.exp()));
    assert_close(&settings["beta"], -1.0);
    assert_eq!(settings["smoothing"], json!(0));
    for (knob, value) in [("preset", "paper"), ("aligner", "dtw"), ("cell", "affinity")] {
        assert_eq!(settings[knob], json!(value));
    }
}

#[test]
fn the_knobs_arrive() {
    let folder = clip();
    let cosine = report(folder.path(), &format!("{CLASSES} --cell cosine"));
    assert_close(&cosine["classes"][1]["score"], 1.0);
    assert_eq!(cosine["classes"][1]["path"], json!([[0, 0], [1, 1], [2, 2]]));
    let logit = report(folder.path(), &format!("{CLASSES} --cell logit"));
    assert_close(&logit["classes"][1]["score"], 0.5_f64.exp() - 1.0);

    let even = format!("{CLASSES} --cell cosine --smoothing 2");
    let paper = report(folder.path(), &even);
    assert_eq!(paper["classes"][1]["path"].as_array().unwrap().last(), Some(&json!([2, 2])));
    assert_eq!(paper["settings"]["smoothing"], json!(2));
    let released = report(folder.path(), &format!("{even} --preset released --aligner dtw"));
    assert_eq!(released["classes"][1]["path"].as_array().unwrap().last(), Some(&json!([2, 1])));
    assert_eq!(released["settings"]["preset"], json!("released"));
}

/// Cosines are 1 on the diagonal of `with` and 0 elsewhere, so that scores are small fractions.
#[test]
fn every_aligner_and_its_knobs_arrive() {
    let folder = clip();
    let with = |knobs: &str| {
        report(folder.path(), &format!("{CLASSES} --cell cosine {knobs}"))["classes"][1].clone()
    };
    for (knobs, score, path) in [
        ("--aligner segment", 1.0, json!([[0, 0], [1, 1], [2, 2]])),
        ("--aligner mean-path", 1.0, json!([[0, 0], [1, 1], [2, 2]])),
        ("--aligner drop --background 2", 1.0, json!([[0, 0], [1, 1], [2, 2]])),
        ("--aligner segment --open-start --open-end --background 2", 1.0, json!([[0, 0], [1, 1], [2, 2]])),
        ("--aligner dtw --band 0", 1.0, json!([[0, 0], [1, 1], [2, 2]])),
    ] {
        let class = with(knobs);
        assert_close(&class["score"], score);
        assert_eq!(class["path"], path, "{knobs}");
    }

    // One class of a single step: what it leaves out counts as background.
    write_npy(folder.path().join("first.npy"), &array![[1.0_f32, 0.0, 0.0]]).unwrap();
    let one = "--frames frames.npy --steps first.npy --logit-scale 0 --logit-bias 0 --cell cosine";
    for (knobs, score, path, level) in [
        ("--aligner segment --background 0.5", 1.0 / 3.0, json!([[0, 0], [0, 1], [0, 2]]), Value::Null),
        ("--aligner segment --open-end --background 0.5", 2.0 / 3.0, json!([[0, 0]]), json!(0.5)),
        ("--aligner drop --background -1e-5", 1.0 / 3.0, json!([[0, 0], [0, 1], [0, 2]]), json!(-1e-5)),
        // Of 0, 0 and 1 three quarters of the way.
        ("--aligner drop", (1.0 + 2.0 * 0.5) / 3.0, json!([[0, 0]]), json!(0.5)),
    ] {
        let report = report(folder.path(), &format!("{one} {knobs}"));
        assert_close(&report["classes"][0]["score"], score);
        assert_eq!(report["classes"][0]["path"], path, "{knobs}");
        assert_eq!(report["settings"]["background_level"], level, "{knobs}");
    }
    let settings =
        report(folder.path(), &format!("{one} --aligner segment --open-start --band 0.9"))["settings"]
            .clone();
    assert_eq!((&settings["open_start"], &settings["open_end"]), (&json!(true), &json!(false)));
    assert_eq!((&settings["background"], &settings["band"]), (&json!("p75"), &json!(0.9)));
}

#[test]
fn what_an_aligner_cannot_do_is_said() {
    let folder = clip();
    write_npy(folder.path().join("short.npy"), &array![[1.0_f32, 0.0, 0.0]]).unwrap();
    let short = CLASSES.replace("frames.npy", "short.npy");
    align(folder.path(), &format!("{short} --aligner segment")).assert().code(1).stdout("").stderr(
        predicate::str::contains("cannot align against.npy")
            .and(predicate::str::contains("3 steps and 1 frames")),
    );
    align(folder.path(), &format!("{short} --aligner mean-path")).assert().success();
    align(folder.path(), &format!("{CLASSES} --band 0 --aligner dtw")).assert().success();
    align(folder.path(), &format!("{short} --band 0.1"))
        .assert()
        .code(1)
        .stderr(predicate::str::contains("widen the band"));
    align(folder.path(), &format!("{CLASSES} --open-start"))
        .assert()
        .success()
        .stderr(predicate::str::contains("open ends have no effect on dtw"));
    for usage in ["--background p200", "--background many", "--band -1", "--aligner dwt"] {
        align(folder.path(), &format!("{CLASSES} {usage}")).assert().code(2);
    }
}

#[test]
fn small_and_negative_numbers_are_numbers() {
    let folder = clip();
    let paths = "--frames frames.npy --steps with.npy --cell logit";
    let report = report(folder.path(), &format!("{paths} --logit-scale -1.5 --logit-bias -1e-3"));
    assert_close(&report["settings"]["alpha"], (-1.5_f64).exp());
    assert_close(&report["settings"]["beta"], -1e-3);
    for bad in ["nan", "inf", "--json", "one"] {
        align(folder.path(), &format!("{paths} --logit-scale 1 --logit-bias {bad}")).assert().code(2);
    }
}

#[test]
fn doubles_and_columns_first_are_read_alike() {
    let folder = clip();
    let steps = array![[1.0_f64, 0.5, 0.0], [0.25, 2.0, 0.0]];
    let mut columns_first = Array2::<f64>::zeros(steps.dim().f());
    columns_first.assign(&steps);
    write_npy(folder.path().join("f64.npy"), &steps).unwrap();
    write_npy(folder.path().join("fortran.npy"), &columns_first).unwrap();
    write_npy(folder.path().join("f32.npy"), &steps.mapv(|x| x as f32)).unwrap();
    let report = report(
        folder.path(),
        "--frames frames.npy --steps f64.npy fortran.npy f32.npy --logit-scale 1 --logit-bias 0",
    );
    let classes = report["classes"].as_array().unwrap();
    assert_eq!(classes[0]["score"], classes[2]["score"]);
    assert_eq!(classes[1]["score"], classes[2]["score"]);
    assert_eq!(report["ranking"], json!([0, 1, 2]));
}

#[test]
fn data_that_is_not_aligned_in_the_file_is_read() {
    let folder = clip();
    let path = folder.path().join("with.npy");
    let expected = report(folder.path(), CLASSES);
    let bytes = std::fs::read(&path).unwrap();
    // One space more in the padding of the header moves the numbers off their boundary.
    let length = u16::from_le_bytes([bytes[8], bytes[9]]);
    let mut shifted = bytes[..8].to_vec();
    shifted.extend((length + 1).to_le_bytes());
    let data = 10 + usize::from(length);
    shifted.extend(&bytes[10..data - 1]);
    shifted.extend(b" \n");
    shifted.extend(&bytes[data..]);
    std::fs::write(&path, shifted).unwrap();
    assert_eq!(report(folder.path(), CLASSES), expected);
}

#[test]
fn a_table_shows_the_ranking() {
    let folder = clip();
    align(folder.path(), CLASSES)
        .assert()
        .success()
        .stdout(predicate::str::is_match(r"(?s)^rank +class .*\n +1  with .*\n +2  against .*\n\n").unwrap())
        .stdout(predicate::str::contains(
            "preset paper, smoothing off, aligner dtw, cell affinity, alpha 1.648",
        ));
}

#[test]
fn the_table_marks_a_collapse() {
    let folder = TempDir::new().unwrap();
    let frames = Array2::from_shape_fn((12, 3), |(_, column)| if column == 1 { 1.0_f32 } else { 0.0 });
    write_npy(folder.path().join("z.npy"), &frames).unwrap();
    write_npy(folder.path().join("u.npy"), &Array2::<f32>::eye(3)).unwrap();
    align(folder.path(), "--frames z.npy --steps u.npy --logit-scale 1 --logit-bias 0")
        .assert()
        .success()
        .stdout(predicate::str::contains("1 12 1  (collapsed)"));
}

/// Replaces one file of the clip and expects a failure whose message says all of `words`.
#[track_caller]
fn refused(name: &str, write: impl FnOnce(&Path), words: &[&str]) {
    let folder = clip();
    let path = folder.path().join(name);
    std::fs::remove_file(&path).unwrap();
    write(&path);
    let assert = align(folder.path(), CLASSES).assert().code(1).stdout("");
    let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}

#[test]
fn files_that_are_no_matrix_are_refused_by_name() {
    refused("with.npy", |_| (), &["cannot read with.npy"]);
    refused("frames.npy", |path| std::fs::write(path, "hello").unwrap(), &["frames.npy", "not a .npy file"]);
    refused("with.npy", |path| std::fs::write(path, "").unwrap(), &["with.npy", "not a .npy file"]);
    refused("with.npy", |path| std::fs::create_dir(path).unwrap(), &["cannot read with.npy"]);
    let vector = Array1::<f32>::zeros(3);
    refused("with.npy", |path| write_npy(path, &vector).unwrap(), &["with.npy", "1 dimension", "not 2"]);
    let whole = Array2::<i64>::zeros((2, 3));
    refused("with.npy", |path| write_npy(path, &whole).unwrap(), &["with.npy", "<i8", "astype"]);
    let empty = Array2::<f32>::zeros((0, 3));
    refused("frames.npy", |path| write_npy(path, &empty).unwrap(), &["frames.npy", "0×3"]);
    let wide = Array2::<f32>::ones((2, 4));
    refused("with.npy", |path| write_npy(path, &wide).unwrap(), &["with.npy has 4", "frames.npy has 3"]);
}

#[test]
fn numbers_that_are_not_finite_are_refused_with_their_place() {
    for (value, shown) in [(f64::NAN, "NaN"), (f64::NEG_INFINITY, "-inf"), (1e300, "10000")] {
        let mut steps = Array2::<f64>::ones((2, 3));
        steps[(1, 2)] = value;
        let write = |path: &Path| write_npy(path, &steps).unwrap();
        refused("with.npy", write, &["with.npy", shown, "row 1, column 2"]);
    }
}

#[test]
fn a_header_that_promises_too_much_is_refused() {
    let rewrite = |from: &'static str, to: &'static str| {
        move |path: &Path| {
            write_npy(path, &Array2::<f32>::zeros((2, 3))).unwrap();
            let bytes = std::fs::read(path).unwrap();
            let (header, data) = bytes.split_at(128);
            let header = String::from_utf8_lossy(&header[10..]).replace(from, to).trim_end().to_owned();
            let mut whole = bytes[..10].to_vec();
            whole.extend(format!("{header:<117}\n").into_bytes());
            whole.extend(data);
            std::fs::write(path, whole).unwrap();
        }
    };
    refused("with.npy", rewrite("(2, 3)", "(999999999999, 3)"), &["with.npy", "not a .npy file"]);
    refused("with.npy", rewrite("<f4", ">f4"), &["with.npy", "big-endian", "astype"]);
}

#[test]
fn settings_that_leave_nothing_are_refused() {
    let folder = clip();
    write_npy(folder.path().join("one.npy"), &Array2::<f32>::ones((1, 3))).unwrap();
    let one = CLASSES.replace("frames.npy", "one.npy") + " --preset released --smoothing 2";
    align(folder.path(), &one).assert().code(1).stderr(predicate::str::contains("odd --smoothing"));
    let steep = CLASSES.replace("--logit-scale 0.5", "--logit-scale 117.33");
    align(folder.path(), &steep).assert().code(1).stderr(predicate::str::contains("before its exponential"));
}

#[test]
fn bad_usage_is_told_apart_from_failure() {
    let folder = clip();
    align(folder.path(), "--frames frames.npy").assert().code(2);
    align(folder.path(), &format!("{CLASSES} --aligner guess")).assert().code(2);
    align(folder.path(), &format!("{CLASSES} --smoothing -3")).assert().code(2);
}
