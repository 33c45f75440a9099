//! Where in its sources a panic happened. Each place that may panic keeps file, line and column; a message in the browser's
//! console tells what went wrong, and in which file. The numbers are what nothing can compress: 1 % of the download.

use anyhow::Result;
use wasmparser::{DataKind, Operator, Parser, Payload};

/// A location is four numbers: where its file's name is, how long that is, line, and column.
const SIZE: usize = 16;

/// The module without lines and columns.
pub fn without_lines(module: &[u8]) -> Result<Vec<u8>> {
    let mut segments = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::DataSection(section) = payload? else { continue };
        for data in section {
            let data = data?;
            if let DataKind::Active { offset_expr, .. } = data.kind
                && let Operator::I32Const { value } = offset_expr.get_operators_reader().read()?
            {
                segments.push((value as u32 as usize, data.data));
            }
        }
    }
    let is_source = |at: usize, length: usize| {
        let text = segments.iter().find_map(|(start, data)| data.get(at.checked_sub(*start)?..)?.get(..length));
        text.is_some_and(|text| text.ends_with(b".rs") && text.iter().all(u8::is_ascii_graphic))
    };
    let mut lean = module.to_vec();
    for (start, data) in &segments {
        let first = start.next_multiple_of(4) - start;
        // Both are slices of the module.
        let begins = data.as_ptr() as usize - module.as_ptr() as usize;
        for place in (first..(data.len() + 1).saturating_sub(SIZE)).step_by(4) {
            let number = |index: usize| {
                let bytes = &data[place + 4 * index..place + 4 * index + 4];
                bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
            };
            let is_place = (1..1 << 16).contains(&number(2)) && (1..1 << 10).contains(&number(3));
            if is_place && (4..512).contains(&number(1)) && is_source(number(0), number(1)) {
                lean[begins + place + 8..begins + place + SIZE].fill(0);
            }
        }
    }
    Ok(lean)
}
