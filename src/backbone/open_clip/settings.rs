//! Settings of `open_clip_config.json`, each of which is followed or refused.

use serde_json::{Map, Value};

/// An object and its name.
pub(super) struct Settings<'a> {
    pub name: &'static str,
    pub fields: &'a Map<String, Value>,
}

impl<'a> Settings<'a> {
    /// Refuses settings that are neither known nor concern training alone, unless they are off.
    pub fn check_others(&self, known: &[&str], of_training: &[&str]) -> Result<(), String> {
        let is_off = |value: &Value| matches!(value, Value::Null | Value::Bool(false));
        let others = self.fields.iter().filter(|(key, value)| {
            !known.contains(&key.as_str()) && !of_training.contains(&key.as_str()) && !is_off(value)
        });
        match others.into_iter().next() {
            None => Ok(()),
            Some((key, value)) => Err(format!("\"{}.{key}\": {value} is not known here", self.name)),
        }
    }

    /// A setting that is there and not null.
    pub fn value(&self, key: &str) -> Option<&'a Value> {
        self.fields.get(key).filter(|value| !value.is_null())
    }

    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    pub fn is_list(&self, key: &str) -> bool {
        self.value(key).is_some_and(Value::is_array)
    }

    fn wrong(&self, key: &str, value: &Value, wanted: &str) -> String {
        format!("\"{}.{key}\" is {value}, not {wanted}", self.name)
    }

    pub fn text(&self, key: &str) -> Result<Option<&'a str>, String> {
        let text = |value: &'a Value| value.as_str().ok_or_else(|| self.wrong(key, value, "text"));
        self.value(key).map(text).transpose()
    }

    /// Refuses a text other than this one, which is also the default.
    pub fn expect(&self, key: &str, wanted: &str) -> Result<(), String> {
        match self.text(key)? {
            Some(text) if text != wanted => {
                Err(format!("\"{}.{key}\": {text:?} is not known here; {wanted:?} is", self.name))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a text other than this one, and none.
    pub fn expect_only(&self, key: &str, wanted: &str) -> Result<(), String> {
        match self.value(key) {
            None => Err(format!("\"{}.{key}\" is missing; {wanted:?} is known here", self.name)),
            Some(_) => self.expect(key, wanted),
        }
    }

    /// Off, unless the file says otherwise.
    pub fn flag(&self, key: &str) -> Result<bool, String> {
        let flag = |value: &Value| value.as_bool().ok_or_else(|| self.wrong(key, value, "true or false"));
        Ok(self.value(key).map(flag).transpose()?.unwrap_or(false))
    }

    pub fn number(&self, key: &str, usual: Option<usize>) -> Result<usize, String> {
        match (self.value(key), usual) {
            (None, Some(usual)) => Ok(usual),
            (None, None) => Err(format!("\"{}.{key}\" is missing", self.name)),
            (Some(value), _) => {
                let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
                number.ok_or_else(|| self.wrong(key, value, "a whole number"))
            }
        }
    }

    fn float(&self, key: &str, usual: f64) -> Result<f64, String> {
        self.value(key).map_or(Ok(usual), |value| {
            value
                .as_f64()
                .filter(|number| number.is_finite())
                .ok_or_else(|| self.wrong(key, value, "a number"))
        })
    }

    pub fn object(&self, key: &'static str) -> Result<Settings<'a>, String> {
        self.object_if_there(key)?.ok_or_else(|| format!("\"{}.{key}\" is missing", self.name))
    }

    pub fn object_if_there(&self, key: &'static str) -> Result<Option<Settings<'a>>, String> {
        let object = |value: &'a Value| {
            let fields = value.as_object().ok_or_else(|| self.wrong(key, value, "an object"))?;
            Ok(Settings { name: key, fields })
        };
        self.value(key).map(object).transpose()
    }

    /// Dimensions of an MLP: those of a position times `mlp_ratio`, without the fraction.
    pub fn widened(&self, width: usize) -> Result<usize, String> {
        let ratio = self.float("mlp_ratio", 4.0)?;
        Ok((width as f64 * ratio) as usize)
    }

    /// The activation by its name in transformers.
    pub fn activation(&self, is_quick: bool) -> Result<&'static str, String> {
        let Some(how) = self.object_if_there("act_kwargs")? else {
            return Ok(if is_quick { "quick_gelu" } else { "gelu" });
        };
        how.check_others(&["approximate"], &[])?;
        match how.text("approximate")? {
            Some("tanh") if !is_quick => Ok("gelu_pytorch_tanh"),
            None | Some("none") if !is_quick => Ok("gelu"),
            other => {
                Err(format!("\"{}.act_kwargs\" with approximate = {other:?} is not known here", self.name))
            }
        }
    }

    /// What the layer norms add to the variance.
    pub fn eps(&self) -> Result<f64, String> {
        const USUAL: f64 = 1e-5;
        let Some(how) = self.object_if_there("norm_kwargs")? else { return Ok(USUAL) };
        how.check_others(&["eps"], &[])?;
        how.float("eps", USUAL)
    }

    /// One number for each colour.
    pub fn colours(&self, key: &str, usual: [f64; 3]) -> Result<[f64; 3], String> {
        let Some(value) = self.value(key) else { return Ok(usual) };
        let number = |value: &Value| value.as_f64().filter(|number| number.is_finite());
        let colours = match value {
            Value::Array(colours) if colours.len() == 3 => colours.iter().map(number).collect(),
            value => number(value).map(|value| vec![value; 3]),
        };
        let colours: Option<Vec<f64>> = colours;
        colours
            .and_then(|colours| colours.try_into().ok())
            .ok_or_else(|| self.wrong(key, value, "a number, or one for each of three colours"))
    }
}
