//! `actalign-tui eval --check`: what an evaluation would need, before anything is embedded.

use color_eyre::eyre::{Result, bail};

use super::{EvalArgs, dataset_paths, label, plan};
use crate::cli::progress::Counter;
use crate::error_chain::error_chain;
use crate::eval::{self, CheckRequest, Dataset, ModelToCheck};
use crate::output;
use crate::session::{ModelRequest, model_folder};
use crate::visible;

pub fn run(args: &EvalArgs) -> Result<()> {
    let dataset = Dataset::survey(&dataset_paths(args)?)?;
    // Nothing is fetched: what is missing is reported with the rest.
    let requests: Vec<ModelRequest> =
        args.model.requests().map(|request| ModelRequest { fetch: None, ..request }).collect();
    let is_one = requests.len() == 1;
    let mut models = Vec::new();
    for request in requests {
        let opened = request.open().and_then(|model| {
            let plan = plan(args, &dataset, &model)?;
            let plan = if is_one { plan } else { plan.under(&label(&request)) };
            Ok((model, plan))
        });
        models.push(ModelToCheck { name: request.name, opened });
    }
    let x_clip = args.x_clip.iter().map(|name| {
        let folder = model_folder(name, None).and_then(|folder| match folder.is_dir() {
            true => Ok(()),
            false => bail!("there is no folder {}", folder.display()),
        });
        ("x-clip".to_owned(), folder.err().map(|error| error_chain(&error)))
    });
    let vlm = args.vlm.iter().map(|name| (format!("vlm:{name}"), None));
    let others = x_clip.chain(vlm).collect();
    let mut counter = Counter::new(dataset.clips.len(), 0, "clips checked");
    let request = CheckRequest { dataset, models, people: args.people.clone(), others };
    let found = eval::check(request, || counter.count())?;
    drop(counter);
    output::print(if args.json { visible::json(&found)? } else { found.text() })?;
    if !found.complete {
        bail!("not everything is there\nhelp: {}", found.to_do.join("\nhelp: "));
    }
    Ok(())
}
