//! Writes the files of every recipe into a folder, for a look with other tools: `cook RECIPES FOLDER`.

use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [recipes, folder] = arguments.as_slice() else { return Err("cook RECIPES FOLDER".into()) };
    for recipe in tokumei_testkit::recipes(Path::new(recipes))? {
        for file in &recipe.files {
            let path = folder.join(&recipe.name).join(&file.name);
            std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
            std::fs::write(path, &file.bytes)?;
        }
    }
    Ok(())
}
