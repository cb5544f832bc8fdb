// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/text_format.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/history/history.h"

namespace pma::history {
namespace {

constexpr std::string_view kHeader = "history 1";
constexpr std::string_view kNone = "none";
constexpr std::string_view kDone = "done";

std::string PrintEntry(const Entry& entry) {
  return std::to_string(entry.key) + ":" + std::to_string(entry.value);
}

// --- Forms ----------------------------------------------------------------

// The names of an argument form's words; their number is what is parsed.
std::span<const std::string_view> WordsOf(ArgumentForm form) {
  static constexpr std::string_view kKeyWords[] = {"KEY"};
  static constexpr std::string_view kKeyValueWords[] = {"KEY", "VALUE"};
  static constexpr std::string_view kRangeWords[] = {"LO", "HI"};
  static constexpr std::string_view kRangeAndLimitWords[] = {"LO", "HI",
                                                             "LIMIT"};
  static constexpr std::string_view kKeyAndLimitWords[] = {"LO", "LIMIT"};
  switch (form) {
    case ArgumentForm::kNone:
      return {};
    case ArgumentForm::kKey:
      return kKeyWords;
    case ArgumentForm::kKeyValue:
      return kKeyValueWords;
    case ArgumentForm::kRange:
      return kRangeWords;
    case ArgumentForm::kRangeAndLimit:
      return kRangeAndLimitWords;
    case ArgumentForm::kKeyAndLimit:
      return kKeyAndLimitWords;
  }
  return {};
}

std::string_view SyntaxOf(ResultForm form) {
  switch (form) {
    case ResultForm::kNothing:
      return "done";
    case ResultForm::kFlag:
      return "true or false";
    case ResultForm::kMaybeValue:
      return "a VALUE or none";
    case ResultForm::kMaybeEntry:
      return "KEY:VALUE or none";
    case ResultForm::kEntries:
      return "[KEY:VALUE ...]";
    case ResultForm::kCount:
      return "a number";
  }
  return "";
}

// --- Parsing --------------------------------------------------------------

std::optional<std::uint64_t> ParseNumber(std::string_view word) {
  std::uint64_t number = 0;
  const char* end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::optional<Entry> ParseEntry(std::string_view word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto key = ParseNumber(word.substr(0, colon));
  const auto value = ParseNumber(word.substr(colon + 1));
  if (!key || !value) return std::nullopt;
  return Entry{*key, *value};
}

std::optional<Result> ParseEntries(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
    return std::nullopt;
  }
  text = text.substr(1, text.size() - 2);
  Result result;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return result;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    const std::optional<Entry> entry = ParseEntry(text.substr(0, end));
    if (!entry) return std::nullopt;
    result.entries.push_back(*entry);
    text.remove_prefix(end);
  }
}

std::optional<Result> ParseResult(ResultForm form, std::string_view text) {
  switch (form) {
    case ResultForm::kNothing:
      if (text == kDone) return Nothing();
      break;
    case ResultForm::kFlag:
      if (text == "true") return Flag(true);
      if (text == "false") return Flag(false);
      break;
    case ResultForm::kMaybeValue:
      if (text == kNone) return Found(std::nullopt);
      if (const auto value = ParseNumber(text)) return Found(value);
      break;
    case ResultForm::kMaybeEntry:
      if (text == kNone) return FoundEntry(std::nullopt);
      if (const auto entry = ParseEntry(text)) return FoundEntry(entry);
      break;
    case ResultForm::kEntries:
      return ParseEntries(text);
    case ResultForm::kCount:
      if (const auto count = ParseNumber(text)) return Count(*count);
      break;
  }
  return std::nullopt;
}

std::string Quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

// One file, line by line. Every Parse... returns what is wrong, or nothing.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  ParsedHistory Parse() {
    while (NextLine()) {
      std::string error = ParseLine();
      if (!error.empty()) return Failed(error);
    }
    if (!header_seen_) return Failed("the history is empty");
    return {std::move(history_), ""};
  }

 private:
  ParsedHistory Failed(const std::string& error) const {
    return {std::nullopt,
            "line " + std::to_string(line_number_) + ": " + error};
  }

  // Takes the next line that says something, without its comment.
  bool NextLine() {
    while (!rest_.empty()) {
      const std::size_t end = std::min(rest_.find('\n'), rest_.size());
      line_ = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      ++line_number_;
      line_ = line_.substr(0, std::min(line_.find('#'), line_.size()));
      line_ = Trim(line_);
      if (!line_.empty()) return true;
    }
    line_number_ = std::max<std::size_t>(line_number_, 1);
    return false;
  }

  static std::string_view Trim(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return "";
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
  }

  // The next word of the line, or nothing at its end.
  std::string_view NextWord() {
    line_ = Trim(line_);
    const std::size_t end = std::min(line_.find_first_of(" \t"), line_.size());
    const std::string_view word = line_.substr(0, end);
    line_.remove_prefix(end);
    return word;
  }

  std::string NextNumber(std::string_view what, std::uint64_t& number) {
    const std::string_view word = NextWord();
    const std::optional<std::uint64_t> parsed = ParseNumber(word);
    if (!parsed) {
      return std::string(what) + " is a decimal number below 2^64, not " +
             Quoted(word);
    }
    number = *parsed;
    return "";
  }

  std::string ParseLine() {
    if (!header_seen_) {
      header_seen_ = true;
      return line_ == kHeader ? ""
                              : "a history begins with " + Quoted(kHeader) +
                                    ", not " + Quoted(line_);
    }
    if (line_.starts_with("initial")) return ParseInitial();
    return ParseOperation();
  }

  std::string ParseInitial() {
    if (NextWord() != "initial") return "unknown word at the beginning";
    if (!history_.operations.empty()) {
      return "initial contents come before the first operation";
    }
    Entry entry;
    std::string error = NextNumber("KEY", entry.key);
    if (error.empty()) error = NextNumber("VALUE", entry.value);
    if (!error.empty()) return error;
    if (!Trim(line_).empty()) return "nothing follows initial KEY VALUE";
    if (!history_.initial.emplace(entry.key, entry.value).second) {
      return "key " + std::to_string(entry.key) + " is there already";
    }
    return "";
  }

  std::string ParseOperation() {
    Operation operation;
    std::uint64_t thread = 0;
    std::string error = NextNumber("the thread", thread);
    if (error.empty() && thread > ~std::uint32_t{0}) {
      error = "the thread is a number below 2^32";
    }
    operation.thread = static_cast<std::uint32_t>(thread);
    if (error.empty()) error = NextNumber("the invoke time", operation.invoked);
    if (error.empty())
      error = NextNumber("the return time", operation.returned);
    if (error.empty()) error = ParseCall(operation);
    if (error.empty()) error = checker_.Check(operation);
    if (error.empty()) history_.operations.push_back(std::move(operation));
    return error;
  }

  std::string ParseCall(Operation& operation) {
    const std::string_view name = NextWord();
    const OperationSpec* spec = FindSpec(name);
    if (spec == nullptr) return "unknown operation " + Quoted(name);
    operation.kind = spec->kind;
    std::size_t argument = 0;
    for (const std::string_view what : WordsOf(spec->arguments)) {
      std::string error =
          NextNumber(std::string(name) + "'s " + std::string(what),
                     operation.arguments[argument++]);
      if (!error.empty()) return error;
    }
    const std::string_view arrow = NextWord();
    if (arrow != "->") {
      return "after the arguments of " + std::string(name) +
             " comes '->', not " + Quoted(arrow);
    }
    const std::string_view text = Trim(line_);
    std::optional<Result> result = ParseResult(spec->result, text);
    if (!result) {
      return "the result of " + std::string(name) + " is " +
             std::string(SyntaxOf(spec->result)) + ", not " + Quoted(text);
    }
    operation.result = std::move(*result);
    return "";
  }

  std::string_view rest_;
  std::string_view line_;
  std::size_t line_number_ = 0;
  bool header_seen_ = false;
  StampChecker checker_;
  History history_;
};

}  // namespace

std::string PrintEntries(std::span<const Entry> entries) {
  std::string text = "[";
  for (const Entry& entry : entries) {
    if (text.size() > 1) text += ' ';
    text += PrintEntry(entry);
  }
  return text + "]";
}

std::string PrintCall(const Operation& operation) {
  const OperationSpec& spec = SpecOf(operation.kind);
  std::string text(spec.name);
  for (std::size_t i = 0; i < WordsOf(spec.arguments).size(); ++i) {
    text += " " + std::to_string(operation.arguments[i]);
  }
  return text;
}

std::string PrintResult(const Operation& operation) {
  const Result& result = operation.result;
  switch (SpecOf(operation.kind).result) {
    case ResultForm::kNothing:
      return std::string(kDone);
    case ResultForm::kFlag:
      return result.yes ? "true" : "false";
    case ResultForm::kMaybeValue:
      return result.yes ? std::to_string(result.value) : std::string(kNone);
    case ResultForm::kMaybeEntry:
      return result.yes ? PrintEntry({result.key, result.value})
                        : std::string(kNone);
    case ResultForm::kEntries:
      return PrintEntries(result.entries);
    case ResultForm::kCount:
      return std::to_string(result.value);
  }
  return "";
}

std::string PrintOperation(const Operation& operation) {
  return std::to_string(operation.thread) + " " +
         std::to_string(operation.invoked) + " " +
         std::to_string(operation.returned) + " " + PrintCall(operation) +
         " -> " + PrintResult(operation);
}

std::string PrintHistory(const History& history) {
  std::string text(kHeader);
  text += '\n';
  for (const auto& [key, value] : history.initial) {
    text +=
        "initial " + std::to_string(key) + " " + std::to_string(value) + "\n";
  }
  for (const Operation& operation : history.operations) {
    text += PrintOperation(operation) + "\n";
  }
  return text;
}

ParsedHistory ParseHistory(std::string_view text) {
  return Parser(text).Parse();
}

}  // namespace pma::history
