//! CSV, Markdown and text of a snapshot.

use actalign_tui::export::{Ink, classes_shown, csv, markdown, text};

use crate::export::world::{candidate, exploration, jump, snapshot};

#[test]
fn markdown_has_ranking_and_settings() {
    insta::assert_snapshot!(markdown(&jump()));
}

#[test]
fn csv_has_every_number_in_full() {
    let taken = jump();
    let table = csv(&taken);
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|header| header == name).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    for (row, &index) in rows.iter().zip(&taken.ranking) {
        let class = taken.class(index).unwrap();
        assert_eq!(row[column("class")], class.name);
        assert_eq!(row[column("score")].parse(), Ok(class.score));
        assert_eq!(row[column("margin")].parse::<f64>().ok(), class.margin);
        assert_eq!(row[column("mean_pool")].parse::<f64>().ok(), class.mean_pool);
        let frames: Vec<usize> =
            row[column("frames_per_step")].split(' ').map(|count| count.parse().unwrap()).collect();
        assert_eq!(frames, class.frames_per_step);
    }
}

#[test]
fn names_stay_within_their_cells() {
    let odd = candidate("a, \"b\"", "one | two\nthree", &["x"]);
    let taken = snapshot(&exploration(vec![odd], 4, 10.0), |input| input.view.step = None);
    assert!(markdown(&taken).contains("| one \\| two three |"));
    let table = csv(&taken);
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!((&row[1], &row[2]), ("one | two\nthree", "a, \"b\""));
}

#[test]
fn text_without_colours() {
    let taken = jump();
    insta::assert_snapshot!(text(&taken, &classes_shown(&taken).unwrap(), 90, Ink::Plain).unwrap());
}

#[test]
fn text_with_colours_has_the_same_characters() {
    let taken = jump();
    let of = |ink, columns| text(&taken, &[0], columns, ink).unwrap();
    let coloured = of(Ink::Ansi, 90);
    assert!(coloured.contains("\x1b[0;38;2;255;255;255;48;2;68;1;84m"), "the least cell, read well");
    assert!(coloured.contains("\x1b[0;1;38;2;0;0;0;48;2;253;231;37m━"), "the path over the greatest cell");
    let mut screen = vt100::Parser::new(60.try_into().unwrap(), 90.try_into().unwrap(), 0);
    screen.process(coloured.replace('\n', "\r\n").as_bytes());
    let seen = screen.screen().contents();
    let shades = |text: &str| text.replace(['░', '▒', '▓', '█'], " ");
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(lines(&shades(&seen)), lines(&shades(&of(Ink::Plain, 90))));
}

#[test]
fn text_keeps_to_its_width() {
    let wide = candidate(
        "体育",
        "三级跳远三级跳远三级跳远三级跳远三级跳远三级跳远三级跳远",
        &["助跑助跑助跑助跑助跑助跑"; 4],
    );
    let taken = snapshot(&exploration(vec![wide], 300, 30.0), |input| input.view.step = None);
    for columns in [60, 71, 100, 300] {
        for line in text(&taken, &[0], columns, Ink::Plain).unwrap().lines() {
            assert!(ratatui::text::Line::from(line).width() <= columns, "{line}");
        }
    }
}
