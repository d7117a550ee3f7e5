// Client sessions: each command takes effect at most once, however often it is retried (dissertation 6.3).
// A session is opened through the log and numbered by the index of the entry that opened it. It remembers the
// answers of commands that its client may still ask about. Everything here is decided by the log alone:
// expiry takes the least recently used session once there are too many, never a clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "seam/types.hpp"

namespace raftsim::core {

/// A command that was applied.
struct SessionAnswer {
  std::uint64_t sequence = 0;
  /// Where it took effect: a retry's answer names this position, not the retry's own.
  Index position;
  std::vector<std::byte> bytes;
  std::uint64_t hash = 0;  ///< this answer's part of Sessions::hash
};

class Sessions {
 public:
  /// Answers kept per session, at most; beyond it the oldest is forgotten, and a retry of it stays
  /// unanswered.
  static constexpr std::size_t answers_max = 64;

  /// `cap`: open sessions, at most (Options::session_cap). Range: >= 1.
  explicit Sessions(std::uint32_t cap);

  /// Opens a session, or finds the one that an earlier copy of the same request opened: `opener` is the
  /// request's own number, unique among open_session requests, 0 for none. Expires the least recently used
  /// session beyond the cap. Exactly once while the session lives: a copy that comes after its expiry opens
  /// another one, empty, since what is remembered of expired sessions would have no bound; no command of the
  /// old one can apply in it, as commands name their session.
  std::uint64_t open(Index index, std::uint64_t opener);

  enum class Standing : std::uint8_t {
    unknown_session,  ///< never opened, or expired
    fresh,            ///< to be executed, then told to remember()
    answered,         ///< executed before; `answer` is what it answered
    forgotten,        ///< the client said that it has the answer, or it fell off the end
  };
  struct Lookup {
    Standing standing = Standing::unknown_session;
    const SessionAnswer* answer = nullptr;  ///< valid until the next change
  };
  /// Marks the session as used.
  Lookup look_up(std::uint64_t session, std::uint64_t sequence);

  /// Keeps a command's answer; forgets those below `first_unanswered`. Precondition: look_up of the same
  /// command was the last call and said fresh.
  void remember(std::uint64_t session, std::uint64_t sequence, std::uint64_t first_unanswered, Index position,
                ByteSpan answer);

  /// Appends all sessions, from the least recently used on (machine_image.cpp).
  void save(std::vector<std::byte>& out) const;
  /// Takes them from the front; there are none before. `covered`: the last entry that they may know of. Total
  /// over arbitrary bytes; false if they are none.
  bool load(ByteSpan& from, Index covered);
  void forget_all() { *this = Sessions(cap_); }

  std::size_t size() const { return index_.size(); }
  /// Over sessions and answers, not over how recently a session was used: a duplicate leaves it unchanged.
  std::uint64_t hash() const { return hash_; }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  struct Session {
    std::uint64_t id = 0;
    std::uint64_t opener = 0;
    /// Commands below are not answered any more.
    std::uint64_t floor = 0;
    /// answers[0, live) are in use, by ascending sequence; the rest keeps its memory for later.
    std::vector<SessionAnswer> answers;
    std::size_t live = 0;
    std::uint32_t older = none;
    std::uint32_t newer = none;
  };

  std::uint32_t find(std::uint64_t session) const;
  std::uint32_t vacant();
  void link_newest(std::uint32_t slot);
  void unlink(std::uint32_t slot);
  void expire_oldest();
  void forget_front(Session& session, std::size_t count);
  bool load_answers(ByteSpan& from, Session& session);
  static std::uint64_t hash_of(const Session& session);
  static std::uint64_t hash_of(std::uint64_t session, const SessionAnswer& answer);

  std::uint32_t cap_;
  std::vector<Session> slots_;
  std::vector<std::uint32_t> vacant_;
  /// (session, slot) by ascending session; numbers only grow, so that opening appends.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> index_;
  std::uint32_t oldest_ = none;
  std::uint32_t newest_ = none;
  std::uint64_t hash_ = 0;
};

}  // namespace raftsim::core
