#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace bench {

/// The loop around libcurl's `curl_multi_socket_action`: one epoll, and the one timer that libcurl asks for.
class curl_loop {
public:
    explicit curl_loop(long connections);
    curl_loop(const curl_loop&) = delete;
    curl_loop& operator=(const curl_loop&) = delete;
    ~curl_loop();

    void add(CURL* handle);
    void remove(CURL* handle);
    /// Until no handle is left; `ended` hears of each call that has ended.
    void run(const std::function<void(CURL*, CURLcode)>& ended);

private:
    using clock = std::chrono::steady_clock;

    static int on_socket(CURL* handle, curl_socket_t socket, int wanted, void* self, void* known);
    static int on_timer(CURLM* multi, long milliseconds, void* self);
    void wait();
    void tell_ended(const std::function<void(CURL*, CURLcode)>& ended);
    [[nodiscard]] int milliseconds_to_wait() const;

    std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
    int epoll_;
    std::size_t handles_ = 0;
    std::optional<clock::time_point> timer_;
};

} // namespace bench
