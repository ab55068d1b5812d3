//! A file per format.

mod activitynet;
mod audacity;
mod csv;
mod elan;
mod fiftyone;
mod label_studio;
mod moments;
mod values;
mod web_vtt;

use super::Format;

/// Every format. A file here, and its row, add one.
pub static FORMATS: [Format; 8] = [
    moments::FORMAT,
    elan::FORMAT,
    label_studio::FORMAT,
    fiftyone::FORMAT,
    activitynet::FORMAT,
    csv::FORMAT,
    web_vtt::FORMAT,
    audacity::FORMAT,
];
