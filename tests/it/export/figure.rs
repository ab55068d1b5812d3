//! Figures.

use actalign_tui::align::OrderEvidence;
use actalign_tui::export::{classes_named, classes_shown, figure, markdown, png, svg};
use image::{GenericImageView, Rgba};

use crate::export::world::{candidate, candidates, exploration, jump, jump_with_patches, snapshot};

/// The SVG without the bytes of its pictures, whose compression is not ours.
fn without_pictures(svg: &str) -> String {
    let mut pieces = svg.split("base64,");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + "base64,…" + &piece[piece.find('"').unwrap()..])
}

#[test]
fn a_figure_of_two_classes() {
    insta::assert_snapshot!(without_pictures(&figure(&jump()).unwrap().0));
}

#[test]
fn a_figure_with_the_map_of_a_frame() {
    let taken = jump_with_patches();
    let drawn = figure(&taken).unwrap().0;
    insta::assert_snapshot!(without_pictures(&drawn));
    let tinted = |colour: &str, opacity: &str| {
        drawn.matches(&format!(r#"fill="{colour}" fill-opacity="{opacity}""#)).count()
    };
    // Of six windows two add, two take away; the keys show the most of either.
    assert_eq!((tinted("#0072b2", "0.75"), tinted("#0072b2", "0.38")), (2, 1));
    assert_eq!((tinted("#d55e00", "0.75"), tinted("#d55e00", "0.12")), (2, 1));
    let without = svg(&taken, &[1]).unwrap();
    assert!(!without.contains("fill-opacity"), "the map is of another class");
}

#[test]
fn the_same_snapshot_gives_the_same_bytes() {
    assert_eq!(figure(&jump()).unwrap(), figure(&jump()).unwrap());
}

#[test]
fn the_compared_class_stands_above_the_selected_one_or_the_best_other_below() {
    let shown = |selected, compared| {
        let taken = snapshot(&exploration(candidates(), 40, 10.0), |input| {
            input.view.selected = selected;
            input.view.compared = compared;
            input.view.step = None;
        });
        assert_eq!(taken.ranking, [0, 1, 2]);
        classes_shown(&taken).unwrap()
    };
    assert_eq!(shown(0, None), [0, 1]);
    assert_eq!(shown(2, None), [2, 0]);
    assert_eq!(shown(0, Some(2)), [2, 0]);
    assert_eq!(shown(0, Some(0)), [0, 1]);
    let alone = snapshot(&exploration(candidates()[..1].to_vec(), 40, 10.0), |_| {});
    assert_eq!(classes_shown(&alone).unwrap(), [0]);
}

#[test]
fn order_evidence_stands_in_figure_and_table_where_it_is_known() {
    let mut found = exploration(candidates(), 40, 10.0);
    let order = OrderEvidence { mean: 0.1, z: 2.96, z_error: 0.125, p: 0.042, permutations: 23 };
    found.add_evidence(found.generation(), 0, Some(order));
    let taken = snapshot(&found, |input| input.view.selected = 0);
    let drawn = svg(&taken, &[0, 1]).unwrap();
    assert_eq!(drawn.matches("against shuffled orders: z +3.0, p 0.04").count(), 1);
    assert_eq!(drawn.matches("against shuffled orders").count(), 1, "not of the other class");
    let table = markdown(&taken);
    let cells: Vec<&str> = table.split('|').map(str::trim).collect();
    assert!(cells.windows(4).any(|cells| cells == ["2.9600", "0.1250", "0.0420", "23"]), "{table}");
}

#[test]
fn classes_are_named_by_name_or_index() {
    let named = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        classes_named(&jump(), &names).map_err(|error| error.to_string())
    };
    assert_eq!(named(&["nap", "0"]), Ok(vec![2, 0]));
    let refusal = named(&["somersault"]).unwrap_err();
    assert!(refusal.contains("\"somersault\"") && refusal.contains("0 (long jump), 1 (high jump), 2 (nap)"));
    assert!(named(&["3"]).is_err());
}

#[test]
fn unaligned_classes_and_endless_scripts_are_refused() {
    let nothing = snapshot(&exploration(candidates(), 0, 10.0), |input| input.pictures = &[]);
    assert!(figure(&nothing).unwrap_err().to_string().contains("no class is aligned"));
    assert!(
        classes_named(&nothing, &["nap".into()]).unwrap_err().to_string().contains("\"nap\" is not aligned")
    );
    let steps: Vec<String> = (0..101).map(|step| format!("step {step}")).collect();
    let steps: Vec<&str> = steps.iter().map(|step| &step[..]).collect();
    let endless = snapshot(&exploration(vec![candidate("", "routine", &steps)], 5, 10.0), |_| {});
    assert!(figure(&endless).unwrap_err().to_string().contains("101 steps"));
}

/// Each text as it is drawn: left end, right end, bottom and words.
fn texts(svg: &str) -> Vec<(f32, f32, f32, String)> {
    use resvg::usvg::{Node, Options, Tree, fontdb::Database};
    fn collect(node: &Node, texts: &mut Vec<(f32, f32, f32, String)>) {
        match node {
            Node::Group(group) => group.children().iter().for_each(|child| collect(child, texts)),
            Node::Text(text) => {
                let place = text.abs_bounding_box();
                let words = text.chunks().iter().map(|chunk| chunk.text()).collect();
                texts.push((place.left(), place.right(), place.bottom(), words));
            }
            _ => {}
        }
    }
    let mut fonts = Database::new();
    for file in ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"] {
        fonts.load_font_file(format!("{}/assets/fonts/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    }
    let tree = Tree::from_str(svg, &Options { fontdb: fonts.into(), ..Options::default() }).unwrap();
    let mut found = Vec::new();
    tree.root().children().iter().for_each(|node| collect(node, &mut found));
    found
}

/// However long names and scripts are, no text touches another or leaves the page.
#[test]
fn text_keeps_its_place() {
    let long =
        "the gymnast on the floor does one more part of a routine with the arms held high above the head";
    let many: Vec<&str> = vec![long; 15];
    let name =
        "double twisting double back somersault in the laid-out position with a half turn out of a round-off";
    for (first, second, frames) in [
        (candidate("gymnastics", name, &many), candidate("gymnastics", "handstand", &[long; 3]), 1800),
        (
            candidate("", "ab", &["a"]),
            candidate("x", name, &["Donaudampfschifffahrtsgesellschaftskapitän"; 9]),
            1,
        ),
    ] {
        let taken = snapshot(&exploration(vec![first, second], frames, 30.0), |input| input.view.step = None);
        for classes in [vec![0, 1], vec![1]] {
            let svg = svg(&taken, &classes).unwrap();
            let texts = texts(&svg);
            assert!(texts.len() > 20, "{}", texts.len());
            let width: f32 = svg
                .split('"')
                .skip_while(|piece| !piece.ends_with("width="))
                .nth(1)
                .unwrap()
                .parse()
                .unwrap();
            for (place, (left, right, bottom, words)) in texts.iter().enumerate() {
                assert!(*left >= 0.0 && *right <= width, "{words} leaves the page");
                for (other_left, other_right, other_bottom, other) in &texts[..place] {
                    let beside = *right < *other_left || *other_right < *left;
                    assert!(beside || (bottom - other_bottom).abs() > 9.0, "{words} touches {other}");
                }
            }
        }
    }
}

#[test]
fn the_png_shows_matrix_path_and_pictures_at_twice_the_size() {
    let (_, png) = figure(&jump()).unwrap();
    let picture = image::load_from_memory(&png).unwrap();
    assert_eq!(picture.width(), 2 * 1064);
    let count = |colour: [u8; 3]| {
        let [r, g, b] = colour;
        picture.pixels().filter(|(_, _, pixel)| *pixel == Rgba([r, g, b, 255])).count()
    };
    assert!(count([68, 1, 84]) > 100 && count([253, 231, 37]) > 100, "both ends of viridis");
    assert!(count([204, 102, 119]) > 1000, "the band of the first step");
    assert_eq!(picture.get_pixel(2, 2), Rgba([255; 4]));
}

#[test]
fn characters_that_no_font_has_do_not_fail() {
    let taken = snapshot(
        &exploration(vec![candidate("体育", "三级跳远 & <b>", &["助跑\u{7}", "\u{fffe}"])], 7, 10.0),
        |input| input.view.step = None,
    );
    figure(&taken).unwrap();
}

#[test]
fn invalid_svg_is_refused() {
    assert!(png("<svg").unwrap_err().to_string().contains("export it as SVG"));
}

#[test]
fn damaged_pictures_are_left_out() {
    let mut taken = jump();
    let pictures = |svg: &str| svg.matches("image/jpeg").count();
    let before = pictures(&figure(&taken).unwrap().0);
    taken.thumbnails.truncate(4);
    for (place, thumbnail) in taken.thumbnails.iter_mut().enumerate() {
        thumbnail.jpeg.truncate(place * 5);
    }
    assert!(before > 0);
    assert_eq!(pictures(&figure(&taken).unwrap().0), 0);
}
