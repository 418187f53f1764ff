#pragma once

#include <sipher/sipher.hpp>
#include <sipher/testing.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <chrono>
#include <exception>
#include <future>
#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// What the README's short snippets may use without declaring it.
#define SNIPPET_CONTEXT                                                                                                \
    [[maybe_unused]] asio::io_context &context, [[maybe_unused]] sipher::client &client,                               \
        [[maybe_unused]] sipher::session &session, [[maybe_unused]] sipher::session_id id,                             \
        [[maybe_unused]] sipher::session_defaults defaults, [[maybe_unused]] sipher::client_options options
