#include "curl_loop.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace bench {

curl_loop::curl_loop(long connections)
    : multi_(curl_multi_init(), curl_multi_cleanup), epoll_(epoll_create1(EPOLL_CLOEXEC))
{
    if (epoll_ < 0) {
        throw std::system_error{errno, std::generic_category(), "epoll_create1"};
    }
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &curl_loop::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &curl_loop::on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, connections);
}

curl_loop::~curl_loop()
{
    multi_.reset();
    close(epoll_);
}

void curl_loop::add(CURL* handle)
{
    curl_multi_add_handle(multi_.get(), handle);
    ++handles_;
}

void curl_loop::remove(CURL* handle)
{
    curl_multi_remove_handle(multi_.get(), handle);
    --handles_;
}

int curl_loop::on_socket(CURL*, curl_socket_t socket, int wanted, void* self, void* known)
{
    auto* const loop = static_cast<curl_loop*>(self);
    if (wanted == CURL_POLL_REMOVE) {
        // libcurl may have closed it already.
        epoll_ctl(loop->epoll_, EPOLL_CTL_DEL, socket, nullptr);
        return 0;
    }
    epoll_event event{};
    event.events = ((wanted & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((wanted & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    event.data.fd = socket;
    if (epoll_ctl(loop->epoll_, known != nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) != 0) {
        return -1;
    }
    curl_multi_assign(loop->multi_.get(), socket, loop);
    return 0;
}

int curl_loop::on_timer(CURLM*, long milliseconds, void* self)
{
    auto* const loop = static_cast<curl_loop*>(self);
    loop->timer_.reset();
    if (milliseconds >= 0) {
        loop->timer_ = clock::now() + std::chrono::milliseconds{milliseconds};
    }
    return 0;
}

int curl_loop::milliseconds_to_wait() const
{
    if (!timer_) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*timer_ - clock::now());
    return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

void curl_loop::wait()
{
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds_to_wait());
    int running = 0;
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const int what = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                         ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                         ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(multi_.get(), event.data.fd, what, &running);
    }
    if (timer_ && *timer_ <= clock::now()) {
        timer_.reset();
        curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

void curl_loop::tell_ended(const std::function<void(CURL*, CURLcode)>& ended)
{
    int queued = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &queued)) {
        if (message->msg == CURLMSG_DONE) {
            // Taking the handle out of the multi ends the life of the message.
            CURL* const handle = message->easy_handle;
            const CURLcode code = message->data.result;
            ended(handle, code);
        }
    }
}

void curl_loop::run(const std::function<void(CURL*, CURLcode)>& ended)
{
    while (handles_ != 0) {
        wait();
        tell_ended(ended);
    }
}

} // namespace bench
