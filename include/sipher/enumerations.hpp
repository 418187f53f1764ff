#pragma once

#include <sipher/open_enumeration.hpp>

#include <array>
#include <string_view>

namespace sipher {

/// The blockchain that later requests work on. An open enumeration: see `open_enumeration`.
class chain : public open_enumeration<chain> {
public:
    using open_enumeration::open_enumeration;

    static constexpr std::array<std::string_view, 17> names{
        "solana", "ethereum", "polygon",   "arbitrum", "optimism", "base", "near",    "aptos", "sui",
        "cosmos", "osmosis",  "injective", "celestia", "sei",      "dydx", "bitcoin", "zcash"};

    static const chain solana;
    static const chain ethereum;
    static const chain polygon;
    static const chain arbitrum;
    static const chain optimism;
    static const chain base;
    static const chain near;
    static const chain aptos;
    static const chain sui;
    static const chain cosmos;
    static const chain osmosis;
    static const chain injective;
    static const chain celestia;
    static const chain sei;
    static const chain dydx;
    static const chain bitcoin;
    static const chain zcash;
};

inline constexpr chain chain::solana = known(0);
inline constexpr chain chain::ethereum = known(1);
inline constexpr chain chain::polygon = known(2);
inline constexpr chain chain::arbitrum = known(3);
inline constexpr chain chain::optimism = known(4);
inline constexpr chain chain::base = known(5);
inline constexpr chain chain::near = known(6);
inline constexpr chain chain::aptos = known(7);
inline constexpr chain chain::sui = known(8);
inline constexpr chain chain::cosmos = known(9);
inline constexpr chain chain::osmosis = known(10);
inline constexpr chain chain::injective = known(11);
inline constexpr chain chain::celestia = known(12);
inline constexpr chain chain::sei = known(13);
inline constexpr chain chain::dydx = known(14);
inline constexpr chain chain::bitcoin = known(15);
inline constexpr chain chain::zcash = known(16);

/// How much of a transaction is hidden. An open enumeration: see `open_enumeration`.
class privacy_level : public open_enumeration<privacy_level> {
public:
    using open_enumeration::open_enumeration;

    static constexpr std::array<std::string_view, 3> names{"standard", "shielded", "maximum"};

    static const privacy_level standard;
    static const privacy_level shielded;
    static const privacy_level maximum;
};

inline constexpr privacy_level privacy_level::standard = known(0);
inline constexpr privacy_level privacy_level::shielded = known(1);
inline constexpr privacy_level privacy_level::maximum = known(2);

/// The provider that serves the RPC calls to the chain. An open enumeration: see `open_enumeration`.
class rpc_provider : public open_enumeration<rpc_provider> {
public:
    using open_enumeration::open_enumeration;

    static constexpr std::array<std::string_view, 4> names{"helius", "quicknode", "triton", "generic"};

    static const rpc_provider helius;
    static const rpc_provider quicknode;
    static const rpc_provider triton;
    static const rpc_provider generic;
};

inline constexpr rpc_provider rpc_provider::helius = known(0);
inline constexpr rpc_provider rpc_provider::quicknode = known(1);
inline constexpr rpc_provider rpc_provider::triton = known(2);
inline constexpr rpc_provider rpc_provider::generic = known(3);

/// Which privacy backend does the work. An open enumeration: see `open_enumeration`.
class backend : public open_enumeration<backend> {
public:
    using open_enumeration::open_enumeration;

    static constexpr std::array<std::string_view, 1> names{"sip-native"};

    static const backend sip_native;
};

inline constexpr backend backend::sip_native = known(0);

} // namespace sipher
