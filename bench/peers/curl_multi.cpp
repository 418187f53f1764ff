// libcurl's multi interface on epoll: kept connections, reused handles, no JSON.
#include "arguments.hpp"
#include "curl_loop.hpp"
#include "wire.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::size_t swallow(char*, std::size_t size, std::size_t count, void*)
{
    return size * count;
}

struct header_list {
    header_list() = default;
    header_list(const header_list&) = delete;
    header_list& operator=(const header_list&) = delete;
    ~header_list() { curl_slist_free_all(first); }

    void add(const std::string& line) { first = curl_slist_append(first, line.c_str()); }

    curl_slist* first = nullptr;
};

/// A kept handle for each connection; each begins its next call when one has ended.
class caller {
public:
    caller(const bench::arguments& arguments, bench::curl_loop& loop)
        : arguments_(arguments), loop_(loop), left_(arguments.operations),
          url_("https://localhost:" + arguments.port + bench::wire::target_of(arguments.operation))
    {
        headers_.add(std::string{"X-API-Key: "} + bench::wire::api_key);
        headers_.add("Accept: application/json");
        if (*bench::wire::body_of(arguments.operation) != '\0') {
            headers_.add("Content-Type: application/json");
        }
        for (std::size_t i = 0; i < arguments.connections; ++i) {
            handles_.push_back(make_handle());
            begin(handles_.back().get());
        }
    }

    void ended(CURL* handle, CURLcode code)
    {
        long status = 0;
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        if (code != CURLE_OK || status / 100 != 2) {
            throw std::runtime_error{std::string{curl_easy_strerror(code)} + ", status " + std::to_string(status)};
        }
        loop_.remove(handle);
        begin(handle);
    }

private:
    using owned_handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

    owned_handle make_handle()
    {
        owned_handle made{curl_easy_init(), curl_easy_cleanup};
        CURL* const easy = made.get();
        curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
        curl_easy_setopt(easy, CURLOPT_CAINFO, arguments_.ca_file.c_str());
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_3));
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        curl_easy_setopt(easy, CURLOPT_USERAGENT, bench::wire::user_agent);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.first);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30'000L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, arguments_.fresh ? 1L : 0L);
        if (arguments_.operation != bench::operation::get) {
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, bench::wire::method_of(arguments_.operation));
        }
        if (*bench::wire::body_of(arguments_.operation) != '\0') {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, bench::wire::body_of(arguments_.operation));
        }
        return made;
    }

    void begin(CURL* handle)
    {
        if (left_.take()) {
            loop_.add(handle);
        }
    }

    const bench::arguments& arguments_;
    bench::curl_loop& loop_;
    bench::budget left_;
    std::string url_;
    header_list headers_;
    std::vector<owned_handle> handles_;
};

void run(const bench::arguments& arguments)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bench::curl_loop loop{static_cast<long>(arguments.connections)};
    caller calls{arguments, loop};
    loop.run([&calls](CURL* handle, CURLcode code) { calls.ended(handle, code); });
}

} // namespace

int main(int count, char** values)
{
    return bench::run_program("curl_multi", count, values, run);
}
