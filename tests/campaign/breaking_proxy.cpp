#include "breaking_proxy.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace sipher::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// Of a hundred connections, so many are broken.
constexpr unsigned percent_broken = 40;
/// A handshake is about 3000 bytes, an exchange 1500: faults fall into every phase of the first few exchanges.
constexpr std::size_t longest_life = 12'000;

} // namespace

class breaking_proxy::tunnel : public std::enable_shared_from_this<tunnel> {
public:
    tunnel(breaking_proxy& owner, tcp::socket client, plan what)
        : owner_(owner), client_(std::move(client)), server_(owner.context_), timer_(owner.context_), plan_(what)
    {
    }

    void start()
    {
        server_.async_connect(owner_.server_, [self = shared_from_this()](error_code failure) {
            if (failure) {
                self->end(true);
            } else {
                self->relay(self->client_, self->server_, self->to_server_);
                self->relay(self->server_, self->client_, self->to_client_);
            }
        });
    }

    void end(bool reset)
    {
        error_code ignored;
        for (tcp::socket* const each : {&client_, &server_}) {
            if (reset) {
                each->set_option(asio::socket_base::linger{true, 0}, ignored);
            }
            each->close(ignored);
        }
        timer_.cancel();
    }

private:
    using buffer = std::array<char, 4096>;

    void relay(tcp::socket& from, tcp::socket& to, buffer& bytes)
    {
        from.async_read_some(asio::buffer(bytes),
                             [self = shared_from_this(), &from, &to, &bytes](error_code failure, std::size_t size) {
                                 if (failure) {
                                     self->end(false);
                                 } else {
                                     self->pass_on(from, to, bytes, size);
                                 }
                             });
    }

    void pass_on(tcp::socket& from, tcp::socket& to, buffer& bytes, std::size_t size)
    {
        const bool breaks = plan_.what != fault::none && !owner_.behaves_ && passed_ + size >= plan_.after;
        const std::size_t passes = breaks ? plan_.after - std::min(plan_.after, passed_) : size;
        passed_ += passes;
        error_code failure;
        asio::write(to, asio::buffer(bytes, passes), failure);
        if (!breaks && !failure) {
            relay(from, to, bytes);
        } else if (!breaks) {
            end(false);
        } else {
            ++owner_.broken_;
            break_off(from, to, bytes, passes, size);
        }
    }

    void break_off(tcp::socket& from, tcp::socket& to, buffer& bytes, std::size_t passed, std::size_t size)
    {
        switch (std::exchange(plan_.what, fault::none)) {
        case fault::none:
        case fault::finish: end(false); break;
        case fault::reset: end(true); break;
        case fault::silence: be_silent(); break;
        case fault::pause:
            timer_.expires_after(std::chrono::milliseconds{5});
            timer_.async_wait([self = shared_from_this(), &from, &to, &bytes, passed, size](error_code failure) {
                if (!failure) {
                    asio::write(to, asio::buffer(bytes.data() + passed, size - passed), failure);
                    self->relay(from, to, bytes);
                }
            });
            break;
        }
    }

    /// Nothing more passes in this direction, silently.
    void be_silent()
    {
        timer_.expires_after(std::chrono::seconds{10});
        timer_.async_wait([self = shared_from_this()](error_code failure) {
            if (!failure) {
                self->end(false);
            }
        });
    }

    breaking_proxy& owner_;
    tcp::socket client_;
    tcp::socket server_;
    asio::steady_timer timer_;
    plan plan_;
    std::size_t passed_ = 0;
    buffer to_server_{};
    buffer to_client_{};
};

breaking_proxy::breaking_proxy(std::uint16_t server, std::uint64_t seed)
    : acceptor_(context_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}), port_(acceptor_.local_endpoint().port()),
      server_(asio::ip::address_v4::loopback(), server), random_(seed)
{
    accept();
    thread_ = std::thread{[this] { context_.run(); }};
}

breaking_proxy::~breaking_proxy()
{
    context_.stop();
    thread_.join();
}

void breaking_proxy::break_all()
{
    asio::post(context_, [this] {
        for (const auto& each : std::exchange(tunnels_, {})) {
            if (const auto open = each.lock()) {
                open->end(true);
            }
        }
    });
}

breaking_proxy::plan breaking_proxy::make_plan()
{
    plan made;
    const std::uint64_t bits = random_();
    if (bits % 100 < percent_broken) {
        constexpr std::array<fault, 4> faults{fault::finish, fault::reset, fault::silence, fault::pause};
        made.what = faults.at((bits / 100) % faults.size());
        made.after = (bits / 1000) % longest_life;
    }
    return made;
}

void breaking_proxy::accept()
{
    acceptor_.async_accept([this](error_code failure, tcp::socket socket) {
        if (!failure) {
            ++connections_;
            const auto made = std::make_shared<tunnel>(*this, std::move(socket), make_plan());
            tunnels_.remove_if([](const auto& each) { return each.expired(); });
            tunnels_.push_back(made);
            made->start();
            accept();
        }
    });
}

} // namespace sipher::test
