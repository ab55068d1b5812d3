//! The shard of a SLURM array task.
//!
//! SLURM gives a task its own ID and the bounds of the submitted array. When only some tasks are submitted again, those are
//! the bounds of the new, smaller array, so the task IDs in the results folder take precedence.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::eval::shard::{MOST, Shard};

/// A task of a job array, from the variables that SLURM sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayTask {
    id: usize,
    /// Lowest ID of the array.
    first: usize,
    /// Highest ID of the array.
    last: usize,
    step: usize,
    /// Number of tasks of the array.
    count: Option<usize>,
}

/// The task IDs of the shards: the first is shard 1, then in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskIds {
    first: usize,
    step: usize,
}

impl ArrayTask {
    /// Reads the variables.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let number = |name: &str| -> Result<Option<usize>, String> {
            let Some(text) = variable(name) else { return Ok(None) };
            text.trim().parse().map(Some).map_err(|_| format!("{name} is '{text}', not a number"))
        };
        let id = number("SLURM_ARRAY_TASK_ID")?
            .ok_or("SLURM_ARRAY_TASK_ID is not set: this is not a SLURM array task; give I/N instead")?;
        let count = number("SLURM_ARRAY_TASK_COUNT")?;
        let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
        let first = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(if count.is_some() { 0 } else { id });
        let last = number("SLURM_ARRAY_TASK_MAX")?.unwrap_or_else(|| {
            let length = count.map_or(0, |count| count.saturating_sub(1).saturating_mul(step));
            first.saturating_add(length).max(id)
        });
        if id < first || last < id {
            return Err(format!("SLURM array task {id} is not one of {first}-{last}; give I/N instead"));
        }
        Ok(Self { id, first, last, step, count })
    }

    /// The shard of this task, and the task IDs of all shards. `of` is the number of shards if known, and `known` the task
    /// IDs in the results folder.
    pub fn shard(&self, of: Option<usize>, known: Option<TaskIds>) -> Result<(Shard, TaskIds), String> {
        let Some(of) = of.or(self.count) else {
            return Err(
                "SLURM_ARRAY_TASK_COUNT is not set, so the number of shards is unknown\nhelp: give slurm/N"
                    .into(),
            );
        };
        if of > MOST {
            return Err(format!("the array has {of} tasks, but there are at most {MOST} shards"));
        }
        let whole = self.is_whole(of).then_some(TaskIds { first: self.first, step: self.step });
        let ids = match (known, whole) {
            (Some(known), Some(whole)) if known != whole => {
                return Err(self.not_of(of, known));
            }
            (Some(known), _) => known,
            (None, Some(whole)) => whole,
            (None, None) => self.guess(of)?,
        };
        let place = |id: usize| ids.place(id).filter(|place| *place < of);
        // If one task is of no shard, all are refused: the others could be of the wrong ones.
        match (place(self.first), place(self.id), place(self.last)) {
            (Some(_), Some(place), Some(_)) => Ok((Shard { number: place + 1, of }, ids)),
            _ => Err(self.not_of(of, ids)),
        }
    }

    /// Whether the array has a task for each of so many shards.
    fn is_whole(&self, of: usize) -> bool {
        let last = of.checked_sub(1).and_then(|steps| steps.checked_mul(self.step)?.checked_add(self.first));
        self.count == Some(of) && last == Some(self.last)
    }

    /// The task IDs of all shards from a part of them: from 0 where 0 is among them, else from 1.
    fn guess(&self, of: usize) -> Result<TaskIds, String> {
        let ids = TaskIds { first: self.first.min(1), step: 1 };
        if let Some(count) = self.count.filter(|count| *count > of) {
            return Err(format!(
                "the array {} has {count} tasks for {of} shards\nhelp: submit {of} tasks",
                self.array()
            ));
        }
        if self.step > 1 || ids.last(of) < self.last {
            return Err(format!(
                "the array {} does not tell which of the {of} shards its tasks are\nhelp: submit an array of {of} tasks \
                 without gaps once, or give I/N instead",
                self.array()
            ));
        }
        Ok(ids)
    }

    fn not_of(&self, of: usize, ids: TaskIds) -> String {
        format!(
            "the {of} shards are the tasks {}, but this array is {}\nhelp: submit some of those tasks, give I/N instead, \
             or choose another --out",
            ids.shown(of),
            self.array()
        )
    }

    /// The array as `sbatch` takes it.
    fn array(&self) -> String {
        let Self { first, last, step, .. } = self;
        match (first == last, step) {
            (true, _) => first.to_string(),
            (false, 1) => format!("{first}-{last}"),
            (false, _) => format!("{first}-{last}:{step}"),
        }
    }
}

impl TaskIds {
    /// The place of a task's shard, counted from 0.
    fn place(self, id: usize) -> Option<usize> {
        let step = self.step.max(1);
        id.checked_sub(self.first).filter(|past| past % step == 0).map(|past| past / step)
    }

    fn last(self, of: usize) -> usize {
        self.first.saturating_add(of.saturating_sub(1).saturating_mul(self.step))
    }

    /// The task of a shard.
    pub fn id(self, shard: Shard) -> usize {
        self.last(shard.number)
    }

    /// The task IDs of all shards, as `sbatch` takes them.
    pub fn shown(self, of: usize) -> String {
        let step = if self.step > 1 { format!(":{}", self.step) } else { String::new() };
        format!("{}-{}{step}", self.first, self.last(of))
    }
}

impl fmt::Display for ArrayTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SLURM array task {}", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A task as SLURM describes it to the program, for an array such as `1-8` or `0-14:2`.
    fn task(id: usize, array: &str) -> ArrayTask {
        let (range, step) = array.split_once(':').unwrap_or((array, "1"));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| text.parse::<usize>().unwrap();
        let count = (number(last) - number(first)) / number(step) + 1;
        read(&[
            ("ID", &id.to_string()),
            ("MIN", first),
            ("MAX", last),
            ("STEP", step),
            ("COUNT", &count.to_string()),
        ])
        .unwrap()
    }

    fn read(variables: &[(&str, &str)]) -> Result<ArrayTask, String> {
        ArrayTask::from_variables(|name| {
            let name = name.strip_prefix("SLURM_ARRAY_TASK_").unwrap();
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn number(task: ArrayTask, of: Option<usize>, known: Option<TaskIds>) -> Result<(usize, usize), String> {
        task.shard(of, known).map(|(shard, _)| (shard.number, shard.of))
    }

    #[test]
    fn an_array_without_gaps_has_a_task_per_shard() {
        for of in [None, Some(4)] {
            assert_eq!(number(task(0, "0-3"), of, None), Ok((1, 4)));
            assert_eq!(number(task(4, "1-4"), of, None), Ok((4, 4)));
            assert_eq!(number(task(14, "8-14:2"), of, None), Ok((4, 4)));
            assert_eq!(number(task(102, "101-104"), of, None), Ok((2, 4)));
        }
        // Without the first ID it is 0, as before.
        let bare = read(&[("ID", "0"), ("COUNT", "4")]).unwrap();
        assert_eq!(number(bare, None, None), Ok((1, 4)));
    }

    #[test]
    fn a_part_of_the_array_is_placed_if_the_number_of_shards_is_given() {
        for (id, array, expected) in
            [(0, "0", 1), (2, "0-5", 3), (3, "3", 3), (8, "5-8", 8), (3, "3-4", 3), (1, "1", 1)]
        {
            assert_eq!(number(task(id, array), Some(8), None), Ok((expected, 8)), "{array}");
        }
        for (id, array) in [(9, "9"), (5, "5-9"), (0, "0-8"), (4, "4-14:2"), (1, "1-9")] {
            assert!(number(task(id, array), Some(8), None).is_err(), "{array}");
        }
    }

    #[test]
    fn an_array_with_other_task_ids_than_the_folder_is_refused() {
        let ids = |first, step| Some(TaskIds { first, step });
        for (id, array, known) in [
            // The same number of tasks from another one on.
            (1, "0-3", ids(1, 1)),
            (0, "0-3", ids(1, 1)),
            // Task 2 is there, but the array is not of those shards.
            (2, "0-2", ids(1, 1)),
            (2, "2-5", ids(1, 1)),
            (3, "3", ids(0, 2)),
        ] {
            let error = number(task(id, array), Some(4), known).unwrap_err();
            assert!(error.contains("give I/N instead"), "{array}: {error}");
        }
    }

    #[test]
    fn variables_of_no_array_task_are_refused() {
        assert!(read(&[]).unwrap_err().contains("SLURM_ARRAY_TASK_ID is not set"));
        assert!(read(&[("ID", "x")]).unwrap_err().contains("not a number"));
        assert!(read(&[("ID", "1"), ("COUNT", "-4")]).unwrap_err().contains("not a number"));
        assert!(read(&[("ID", "9"), ("MIN", "1"), ("MAX", "4")]).unwrap_err().contains("not one of 1-4"));
        let alone = read(&[("ID", "3")]).unwrap();
        assert!(number(alone, None, None).unwrap_err().contains("give slurm/N"));
        assert_eq!(number(alone, Some(4), None), Ok((3, 4)));
        // A list has gaps: how many tasks lie between is not known.
        let list = read(&[("ID", "5"), ("MIN", "3"), ("MAX", "7"), ("COUNT", "3")]).unwrap();
        assert!(number(list, None, None).is_err());
        assert_eq!(number(list, Some(8), None), Ok((5, 8)));
        let all = usize::MAX.to_string();
        let huge = read(&[("ID", &all), ("MIN", "0"), ("COUNT", &all)]).unwrap();
        assert!(number(huge, None, None).unwrap_err().contains("at most 100000 shards"));
        assert!(number(task(0, "0-100000"), None, None).unwrap_err().contains("at most 100000 shards"));
    }

    #[test]
    fn a_shard_names_its_task() {
        let ids = TaskIds { first: 0, step: 2 };
        assert_eq!(ids.id(Shard { number: 3, of: 8 }), 4);
        assert_eq!(ids.shown(8), "0-14:2");
    }
}
