//! `actalign-tui scripts check`.

use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, bail};
use ndarray::Array2;
use serde::Serialize;

use crate::backbone::TextTokenizer;
use crate::cli::inputs::ModelArgs;
use crate::cli::progress;
use crate::error_chain::error_chain;
use crate::explore::Model;
use crate::output;
use crate::plot::table::{Style, Table};
use crate::script::check::{Finding, Likeness, MAX_COMPARED, Pair, Warning, check, cut, likeness};
use crate::script::{ScriptFile, Strategy, Template};
use crate::visible::json;

/// Pairs of classes in the table, if fewer are too alike.
const CLOSEST: usize = 3;

/// Check script files for vague, repeated and shared steps, and short-fixed steps of the wrong length; with --model also
/// for steps that it cuts and classes that it can hardly distinguish
#[derive(Debug, Args)]
#[command(mut_arg("model", |model| model.required(false)))]
#[command(after_help = "\
The status is 0 if all files could be read, whatever the warnings.
  actalign-tui scripts check scripts.json
  actalign-tui scripts check lib:figure-skating mine.json --model siglip-base-patch16-224
  actalign-tui scripts check scripts.json --model DIR --template step --template domain --json")]
pub struct CheckArgs {
    /// Script files, or lib:NAME
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    /// Templates to check: context, step, domain, plain, or a text with {step}; may be repeated. Classes are compared in the
    /// first [default: the built-in ones]
    #[arg(long = "template", value_name = "TEMPLATE", value_parser = Template::parse)]
    templates: Vec<Template>,
    /// Print one JSON document, with all pairs of classes
    #[arg(long)]
    json: bool,
}

/// The result for a file.
#[derive(Serialize)]
struct Report {
    file: String,
    domain: Option<String>,
    strategy: Strategy,
    classes: Vec<String>,
    steps: usize,
    warnings: Vec<Finding>,
    /// `None` without a model, or for a single class.
    likeness: Option<Likeness>,
}

/// The JSON document.
#[derive(Serialize)]
struct Document<'a> {
    model: Option<&'a Path>,
    /// Names of the templates, or texts if they are custom.
    templates: Vec<&'a str>,
    files: Vec<Report>,
}

pub fn run(args: &CheckArgs) -> Result<()> {
    let templates =
        if args.templates.is_empty() { Template::built_in().into() } else { args.templates.clone() };
    let model = args.model.is_named().then(|| args.model.open()).transpose()?;
    let (mut reports, mut failed) = (Vec::new(), 0);
    for path in &args.files {
        match ScriptFile::load(path) {
            Ok(file) => reports.push(report(path, &file, &templates, model.as_deref())?),
            // Check the other files all the same.
            Err(error) if args.files.len() > 1 => {
                output::say(error_chain(&error.into()));
                failed += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(notice) = model.as_ref().and_then(|model| model.take_notice()) {
        output::say(notice);
    }
    let text = if args.json {
        let document = Document {
            model: args.model.is_named().then(|| args.model.dir()),
            templates: templates.iter().map(name).collect(),
            files: reports,
        };
        json(&document)?
    } else {
        let tables: Vec<String> = reports.iter().map(|report| table(report, &templates[0])).collect();
        tables.join("\n")
    };
    output::print(text)?;
    if failed > 0 {
        bail!("{failed} of {} files could not be read", args.files.len());
    }
    Ok(())
}

fn name(template: &Template) -> &str {
    if template.name() == "custom" { template.text() } else { template.name() }
}

fn report(path: &Path, file: &ScriptFile, templates: &[Template], model: Option<&Model>) -> Result<Report> {
    let bar = progress::bar(Some(file.classes.len()), "classes");
    let mut warnings = check(file, || bar.inc(1));
    bar.finish_and_clear();
    let mut likeness = None;
    if let Some(model) = model {
        warnings.extend(cuts(file, templates, model.checkpoint().tokenizer()?)?);
        warnings.sort_by_key(|finding| (finding.class, finding.step));
        if file.classes.len() > MAX_COMPARED {
            let path = path.display();
            output::say(format_args!(
                "{path}: more than {MAX_COMPARED} classes are not compared\nhelp: split the file"
            ));
        } else {
            likeness = compare(file, &templates[0], model)?;
        }
    }
    Ok(Report {
        file: path.display().to_string(),
        domain: file.domain.clone(),
        strategy: Strategy::of(file),
        classes: file.classes.iter().map(|class| class.name.clone()).collect(),
        steps: file.classes.iter().map(|class| class.steps.len()).sum(),
        warnings,
        likeness,
    })
}

/// Steps with sentences longer than the checkpoint reads.
fn cuts(file: &ScriptFile, templates: &[Template], tokenizer: &TextTokenizer) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let bar = progress::bar(Some(file.classes.len()), "classes");
    for (index, class) in file.classes.iter().enumerate() {
        for (step, text) in class.steps.iter().enumerate() {
            for template in templates {
                let sentence = template.fill(&class.name, file.domain_of(class), text);
                if !tokenizer.encode(&sentence)?.cut {
                    continue;
                }
                // A part of a valid text is valid.
                let fits = |text: &str| tokenizer.encode(text).is_ok_and(|tokens| !tokens.cut);
                if let Some(cut) = cut(&sentence, fits) {
                    let warning = Warning::Cut { template: name(template).to_owned(), cut };
                    findings.push(Finding { class: index, step: Some(step), warning });
                }
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(findings)
}

/// Compares the classes by their sentences in one template.
fn compare(file: &ScriptFile, template: &Template, model: &Model) -> Result<Option<Likeness>> {
    let sentences: Vec<Vec<String>> = file
        .classes
        .iter()
        .map(|class| {
            let fill = |step: &String| template.fill(&class.name, file.domain_of(class), step);
            class.steps.iter().map(fill).collect()
        })
        .collect();
    let embeddings = progress::embed_texts(&sentences.concat(), model, "steps")?;
    let dim = model.checkpoint().dim();
    let scripts = sentences.iter().map(|script| {
        let values = script.iter().flat_map(|sentence| embeddings[sentence].iter().copied()).collect();
        Array2::from_shape_vec((script.len(), dim), values)
    });
    let scripts = scripts.collect::<Result<Vec<_>, _>>()?;
    let bar = progress::bar(Some(scripts.len()), "classes compared");
    let likeness = likeness(&scripts, || bar.inc(1));
    bar.finish_and_clear();
    Ok(likeness)
}

/// The table of a file.
fn table(report: &Report, template: &Template) -> String {
    let Report { file, strategy, classes, steps, warnings, likeness, .. } = report;
    let count =
        |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let mut text = format!(
        "{file}: {strategy}, {}, {}, {}\n",
        count(classes.len(), "class", "classes"),
        count(*steps, "step", "steps"),
        count(warnings.len(), "warning", "warnings")
    );
    if !warnings.is_empty() {
        let line = |Finding { class, step, warning }: &Finding| {
            let step = step.map_or_else(String::new, |step| (step + 1).to_string());
            vec![classes[*class].clone(), step, warning.to_string()]
        };
        text += &columns(["class", "step", "warning"], warnings.iter().map(line));
    }
    if let Some(likeness) = likeness {
        text += &pairs(likeness, classes, template);
    }
    text
}

/// The pairs that are too alike, else the closest.
fn pairs(likeness: &Likeness, classes: &[String], template: &Template) -> String {
    let [lowest, _, median, _, highest] = likeness.quartiles;
    let fence = match likeness.fence {
        Some(fence) => format!("; pairs above {fence:.3} stand out"),
        None => "; too few pairs to say which stand out".to_owned(),
    };
    let mut text = format!(
        "\nsimilarity of the classes in {}: {lowest:.3} to {highest:.3} over all pairs, median {median:.3}{fence}\n",
        name(template)
    );
    let too_alike = likeness.pairs.iter().filter(|pair| pair.too_alike).count();
    let listed = likeness.pairs.iter().take(too_alike.max(CLOSEST));
    text += &columns(["in order", "best match", "means", "classes"], listed.map(|pair| row(pair, classes)));
    text
}

fn columns<const N: usize>(header: [&str; N], lines: impl Iterator<Item = Vec<String>>) -> String {
    Table::with_words(N, &header, lines.collect()).draw(Style::Plain)
}

fn row(pair: &Pair, classes: &[String]) -> Vec<String> {
    let number = |value: f64| format!("{value:.3}");
    let [first, second] = pair.classes.map(|class| &classes[class]);
    let too_alike = if pair.too_alike { "; hardly distinguishable" } else { "" };
    vec![
        number(pair.in_order),
        number(pair.best_match),
        number(pair.means),
        format!("{first} and {second}{too_alike}"),
    ]
}
