#include "cli/systems.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <boost/dll/shared_library.hpp>
#include <nlohmann/json.hpp>

#include "core/raft_system.hpp"
#include "sim/suggest.hpp"

namespace raftsim::cli {
namespace fs = std::filesystem;

// Destroyed in reverse: the System goes before its code is unloaded.
struct Systems::Module {
  boost::dll::shared_library library;
  std::unique_ptr<System> system;
};

Systems::Systems() : raft_(make_raft_system()) {}
Systems::~Systems() = default;

std::string executable_folder() {
  std::error_code code;
  return fs::read_symlink("/proc/self/exe", code).parent_path().string();
}

namespace {

std::string module_path(const std::string& name) {
  if (name.starts_with("bugs/") && !name.ends_with(".so")) {
    return fmt::format("{}/{}.so", executable_folder(), name);
  }
  return fs::absolute(name).string();
}

std::string unknown_system(const std::string& name) {
  if (name.find('/') != std::string::npos && !name.starts_with("bugs/"))
    return fmt::format("system \"{}\": {}", name,
                       fs::exists(name) ? "this is no file" : "there is no such file");
  const std::vector<SystemInfo> known = known_systems();
  std::vector<std::string_view> names;
  for (const SystemInfo& system : known) names.push_back(system.name);
  return fmt::format("unknown system \"{}\"; {} (or the path of a shared object)", name,
                     sim::suggestion(name, names));
}

/// What the loader says of the file: the library's words are only the frame.
std::string reason_of(const boost::system::system_error& error, const std::string& path) {
  const std::string_view all = error.what();
  constexpr std::string_view before = "dlerror system message: ", behind = "): ";
  const std::size_t from = all.find(before);
  if (from == std::string_view::npos) return std::string(all);
  const std::size_t begin = from + before.size();
  std::string_view reason = all.substr(begin, std::min(all.find(behind, begin), all.size()) - begin);
  if (reason.starts_with(path + ": ")) reason.remove_prefix(path.size() + 2);
  return std::string(reason);
}

}  // namespace

const System* Systems::find(const std::string& name, std::string& error) {
  if (name == "raft") return raft_.get();
  if (const auto known = modules_.find(name); known != modules_.end()) return known->second->system.get();
  const std::string path = module_path(name);
  if (!fs::is_regular_file(path)) {
    error = unknown_system(name);
    return nullptr;
  }
  auto module = std::make_unique<Module>();
  try {
    module->library.load(path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const boost::system::system_error& failed) {
    error = fmt::format(
        "system {}: this file cannot be loaded; a system is a shared object (docs/your-own-raft.md)\n  {}",
        name, reason_of(failed, path));
    return nullptr;
  }
  if (!module->library.has(system_entry_point)) {
    error = fmt::format(
        "system {}: this shared object has no function {}; if it has an older one, build it again", name,
        system_entry_point);
    return nullptr;
  }
  module->system.reset(module->library.get<System*()>(system_entry_point)());
  if (!module->system) {
    error = fmt::format("system {}: {}() gave no system", name, system_entry_point);
    return nullptr;
  }
  if (const std::uint32_t revision = module->system->built_against(); revision != seam_revision) {
    error = fmt::format(
        "system {}: it was built against revision {} of seam/, this program has {}: build it again", name,
        revision, seam_revision);
    static_cast<void>(module->system.release());  // not even its destructor is where it should be
    return nullptr;
  }
  return modules_.emplace(name, std::move(module)).first->second->system.get();
}

std::vector<SystemInfo> known_systems() {
  std::vector<SystemInfo> systems;
  std::error_code code;
  for (const fs::directory_entry& file : fs::directory_iterator(executable_folder() + "/bugs", code)) {
    if (file.path().extension() != ".so") continue;
    std::ifstream in(fs::path(file.path()).replace_extension(".json"));
    const nlohmann::json bug = nlohmann::json::parse(in, nullptr, false);
    systems.push_back({"bugs/" + file.path().stem().string(),
                       bug.is_object() ? bug.value("what", std::string()) : std::string()});
  }
  std::sort(systems.begin(), systems.end(),
            [](const SystemInfo& a, const SystemInfo& b) { return a.name < b.name; });
  systems.insert(systems.begin(), {"raft", "the core of this repository"});
  return systems;
}

}  // namespace raftsim::cli
