//! Which classes a figure shows.

use crate::export::error::ExportError;
use crate::store::Snapshot;

/// The class that was selected, below the one that it was compared with, as on the screen, or above the best of the
/// others. A class that is not aligned is passed over.
///
/// # Errors
/// If no class is aligned.
pub fn classes_shown(snapshot: &Snapshot) -> Result<Vec<usize>, ExportError> {
    let is_aligned = |&class: &usize| snapshot.class(class).is_some();
    let selected = [snapshot.view.selected].into_iter().find(is_aligned);
    let selected = selected.or_else(|| snapshot.ranking.first().copied());
    let selected = selected.ok_or(ExportError::NothingAligned)?;
    let compared = snapshot.view.compared.into_iter().filter(is_aligned).find(|&class| class != selected);
    if let Some(compared) = compared {
        return Ok(vec![compared, selected]);
    }
    let other = snapshot.ranking.iter().copied().find(|&class| class != selected);
    Ok([selected].into_iter().chain(other).collect())
}

/// Classes by name, or by index from 0 where no class has that name.
///
/// # Errors
/// If there is no such class, or it is not aligned.
pub fn classes_named(snapshot: &Snapshot, names: &[String]) -> Result<Vec<usize>, ExportError> {
    let find = |wanted: &String| {
        let named = snapshot.candidates.iter().position(|candidate| candidate.name == *wanted);
        let index = named.or_else(|| wanted.parse().ok()).filter(|&index| index < snapshot.candidates.len());
        let class = index
            .ok_or_else(|| ExportError::UnknownClass { wanted: wanted.clone(), known: known(snapshot) })?;
        match snapshot.class(class) {
            Some(_) => Ok(class),
            None => Err(ExportError::NotAligned(snapshot.candidates[class].name.clone())),
        }
    };
    names.iter().map(find).collect()
}

fn known(snapshot: &Snapshot) -> String {
    let names = snapshot.candidates.iter().enumerate();
    names.map(|(index, candidate)| format!("{index} ({})", candidate.name)).collect::<Vec<_>>().join(", ")
}
