//! Compiled programs under the shells that hosts have: the laws of the wire, each tried.

mod conditions;
mod conduct;
mod edits;
mod halves;
mod laws;
mod observed;
mod resources;
mod sources;
mod text;
mod watched;
