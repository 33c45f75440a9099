//! The order of the functions in the browser's module, and of the locals in each: next to each other stand functions that
//! resemble each other, and what they do alike they do with the same locals. What brotli has just seen costs it less than what
//! was long ago, and what it has seen byte for byte next to nothing, so this takes another 6 % off the download.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use anyhow::{Result, anyhow};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Instruction, MemArg, Module};
use wasmparser::{CodeSectionReader, FunctionBody, FunctionSectionReader, Operator, Parser, Payload, TypeRef, ValType};

/// Functions are alike if they have sequences of so many bytes in common.
const WORD: usize = 4;
/// What more functions than this have in common says nothing about them.
const COMMON: usize = 5000;
/// So many words in common are worth as much as the same parameters and results.
const SAME_TYPE: f64 = 10.0;
/// What of the likeness to a function is left one function later.
const FADING: f64 = 0.8;
/// So that a function of few words is not like every other.
const LEAST_WORDS: f64 = 60.0;

/// Uses of locals are alike if so many instructions before and after are the same, whatever locals these use; and how much that
/// says about which local it should be.
const AROUND: [(usize, usize, f64); 3] = [(2, 1, 0.3), (3, 3, 1.0), (6, 6, 2.0)];
/// How much less a like use says with every function since.
const FORGETTING: f64 = 0.3;
/// What speaks for a local to stay what it is.
const STAYING: f64 = 2.0;

/// The module with its functions in another order, and their locals too.
pub fn by_likeness(module: &[u8]) -> Result<Vec<u8>> {
    // With like locals the functions are more alike, and the order becomes a better one.
    rewritten(&rewritten(module)?)
}

fn rewritten(module: &[u8]) -> Result<Vec<u8>> {
    let (mut imported, mut parameters, mut types, mut bodies) = (0, Vec::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(section) => {
                for kind in section.into_iter_err_on_gc_types() {
                    parameters.push(kind?.params().len());
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(section) => types = section.into_iter().collect::<Result<Vec<u32>, _>>()?,
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    let order = order(&bodies, &types);
    let mut indices = vec![0; order.len()];
    for (new, &old) in order.iter().enumerate() {
        indices[old] = imported + u32::try_from(new)?;
    }
    let parameters = types.iter().map(|kind| parameters[*kind as usize]).collect();
    let mut writer = Rewriter { imported, order, indices, parameters, habits: Habits::default(), locals: Vec::new() };
    let mut ordered = Module::new();
    let parsed = writer.parse_core_module(&mut ordered, Parser::new(0), module);
    parsed.map_err(|error| anyhow!("the module cannot be put in order: {error}"))?;
    Ok(ordered.finish())
}

/// Begins with the longest function; what follows is each time the one most like those before it.
fn order(bodies: &[&[u8]], types: &[u32]) -> Vec<usize> {
    let (mut words, mut kinds) = (Vec::new(), Vec::new());
    for (body, (bytes, kind)) in bodies.iter().zip(types).enumerate() {
        let number = |word: &[u8]| word.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        words.extend(bytes.windows(WORD).map(|word| (number(word), body)));
        kinds.push((*kind, body));
    }
    // Of each word, what it says and who has it; of each function, which of these words it has.
    let words = holders(words).into_iter().map(|holders| (1.0, holders));
    let words = words.chain(holders(kinds).into_iter().map(|holders| (SAME_TYPE, holders)));
    let words: Vec<(f64, Vec<usize>)> =
        words.map(|(worth, holders)| (worth / (1.0 + holders.len() as f64).log2(), holders)).collect();
    let mut held = vec![Vec::new(); bodies.len()];
    for (word, (_, holders)) in words.iter().enumerate() {
        holders.iter().for_each(|body| held[*body].push(word));
    }
    let sizes: Vec<f64> = held.iter().map(|words| (words.len() as f64 + LEAST_WORDS).sqrt()).collect();

    let mut likeness = vec![0.0; bodies.len()];
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    left.sort_by_key(|body| bodies[*body].len());
    let (mut order, mut next) = (Vec::new(), left.pop());
    while let Some(body) = next {
        order.push(body);
        left.iter().for_each(|other| likeness[*other] *= FADING);
        for word in &held[body] {
            let (weight, holders) = &words[*word];
            holders.iter().for_each(|other| likeness[*other] += weight);
        }
        let alike = left.iter().map(|other| likeness[*other] / sizes[*other]).enumerate();
        let nearest = alike.max_by(|(_, one), (_, other)| one.total_cmp(other));
        next = nearest.map(|(place, _)| left.remove(place));
    }
    order
}

/// The functions that have the same, if they are several and not too many.
fn holders<T: Ord>(mut all: Vec<(T, usize)>) -> Vec<Vec<usize>> {
    all.sort_unstable();
    all.dedup();
    let same = all.chunk_by(|one, other| one.0 == other.0).filter(|same| (2..=COMMON).contains(&same.len()));
    same.map(|same| same.iter().map(|(_, body)| *body).collect()).collect()
}

/// Which locals the functions so far have used, and where.
#[derive(Default)]
struct Habits {
    /// By what is around the use of a local: in which function it was last, and the local.
    seen: HashMap<u64, (usize, usize)>,
    functions: usize,
}

impl Habits {
    /// What each local of this function is to be called so that it resembles those before. Parameters keep their place, and
    /// the others the places of their type.
    fn locals(&mut self, body: &FunctionBody<'_>, parameters: usize) -> wasmparser::Result<Vec<u32>> {
        let mut types: Vec<Option<ValType>> = vec![None; parameters];
        for local in body.get_locals_reader()? {
            let (count, kind) = local?;
            types.extend((0..count).map(|_| Some(kind)));
        }
        let uses = uses(body)?;
        let places = parameters..types.len();
        let mut votes: BTreeMap<(usize, usize), f64> = places.clone().map(|local| ((local, local), STAYING)).collect();
        for (local, surroundings) in uses.iter().filter(|(local, _)| *local >= parameters) {
            for (around, (_, _, weight)) in surroundings.iter().zip(AROUND) {
                let Some((function, like)) = self.seen.get(around) else { continue };
                if *like >= parameters && types.get(*like) == Some(&types[*local]) {
                    let age = (self.functions - function) as f64;
                    *votes.entry((*local, *like)).or_default() += weight / (1.0 + FORGETTING * age);
                }
            }
        }
        let mut votes: Vec<((usize, usize), f64)> = votes.into_iter().collect();
        votes.sort_by(|one, other| other.1.total_cmp(&one.1));
        let (mut new, mut taken) = (vec![None; types.len()], vec![false; types.len()]);
        (0..parameters).for_each(|local| new[local] = Some(local));
        for ((local, place), _) in votes {
            if new[local].is_none() && !taken[place] {
                (new[local], taken[place]) = (Some(place), true);
            }
        }
        // Whoever lost its own place to another takes one that is left.
        for local in places.clone() {
            if new[local].is_none() {
                new[local] = places.clone().find(|place| !taken[*place] && types[*place] == types[local]);
                new[local].into_iter().for_each(|place| taken[place] = true);
            }
        }
        let new: Vec<usize> = new.into_iter().flatten().collect();
        for (local, surroundings) in uses {
            self.seen.extend(surroundings.map(|around| (around, (self.functions, new[local]))));
        }
        self.functions += 1;
        Ok(new.into_iter().map(|local| local as u32).collect())
    }
}

/// Each use of a local with what is [`AROUND`] it, as a number.
fn uses(body: &FunctionBody<'_>) -> wasmparser::Result<Vec<(usize, [u64; AROUND.len()])>> {
    let (mut instructions, mut uses) = (Vec::new(), Vec::new());
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let start = reader.original_position();
        let local = local(&reader.read()?);
        let bytes = &body.as_bytes()[start - body.range().start..reader.original_position() - body.range().start];
        uses.extend(local.map(|local| (instructions.len(), local as usize)));
        let told = if local.is_some() { &bytes[..1] } else { bytes };
        instructions.push(told.iter().fold(told.len() as u64, |hash, byte| mixed(hash, u64::from(*byte))));
    }
    let at = |place: usize| instructions.get(place).copied().unwrap_or_default();
    let hashes = |place: usize| {
        AROUND.map(|(before, after, _)| {
            let around = (0..=before + after).map(|step| (place + step).checked_sub(before).map_or(1, at));
            around.fold((before + after) as u64, mixed)
        })
    };
    Ok(uses.into_iter().map(|(place, local)| (local, hashes(place))).collect())
}

fn mixed(hash: u64, with: u64) -> u64 {
    (hash.rotate_left(9) ^ with).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn local(instruction: &Operator<'_>) -> Option<u32> {
    match instruction {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(*local_index),
        _ => None,
    }
}

/// Writes a module anew, its own functions in another order, and their locals too.
struct Rewriter {
    imported: u32,
    /// Which function comes first, second, …: its place of before.
    order: Vec<usize>,
    /// The index that each has now.
    indices: Vec<u32>,
    /// How many parameters each has.
    parameters: Vec<usize>,
    habits: Habits,
    /// What the locals of the function that is being written are now.
    locals: Vec<u32>,
}

impl Reencode for Rewriter {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error> {
        Ok(if index < self.imported { index } else { self.indices[(index - self.imported) as usize] })
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        self.order.iter().for_each(|old| {
            functions.function(types[*old]);
        });
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Result<(), Error> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        for old in self.order.clone() {
            self.locals = self.habits.locals(&bodies[old], self.parameters[old])?;
            self.parse_function_body(code, bodies[old].clone())?;
        }
        Ok(())
    }

    fn instruction<'a>(&mut self, instruction: Operator<'a>) -> Result<Instruction<'a>, Error> {
        let new = local(&instruction).map(|local| self.locals[local as usize]);
        Ok(match (&instruction, new) {
            (Operator::LocalGet { .. }, Some(local)) => Instruction::LocalGet(local),
            (Operator::LocalSet { .. }, Some(local)) => Instruction::LocalSet(local),
            (Operator::LocalTee { .. }, Some(local)) => Instruction::LocalTee(local),
            _ => wasm_encoder::reencode::utils::instruction(self, instruction)?,
        })
    }

    /// The alignment is a hint that browsers pay no heed to. The compiler's guesses differ where nothing else does, so every
    /// access gets the one that its instruction is made for.
    fn mem_arg(&mut self, access: wasmparser::MemArg) -> Result<MemArg, Error> {
        Ok(MemArg { offset: access.offset, align: u32::from(access.max_align), memory_index: access.memory })
    }
}
