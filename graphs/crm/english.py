"""English for what the CRM keeps in Russian: its fixed terms by a table, people's names by their letters.

Company names stay as they are; they are how a company is found. Text that somebody wrote (a comment, a campaign's
body) stays in the language it was written in.
"""

from graphs.crm.transliterate import latin
from graphs.language import Language

CITIES = {
    "Москва": "Moscow",
    "Санкт-Петербург": "Saint Petersburg",
    "Казань": "Kazan",
    "Екатеринбург": "Yekaterinburg",
    "Новосибирск": "Novosibirsk",
    "Нижний Новгород": "Nizhny Novgorod",
    "Краснодар": "Krasnodar",
    "Самара": "Samara",
    "Ростов-на-Дону": "Rostov-on-Don",
    "Уфа": "Ufa",
    "Пермь": "Perm",
    "Воронеж": "Voronezh",
}
INDUSTRIES = {
    "Розничная торговля": "Retail",
    "Производство": "Manufacturing",
    "Строительство": "Construction",
    "Логистика": "Logistics",
    "ИТ": "IT",
    "Медицина": "Healthcare",
    "Образование": "Education",
    "Общепит": "Restaurants",
    "Финансы": "Finance",
}
SOURCES = {
    "Сайт": "Website",
    "Рекомендация": "Referral",
    "Выставка": "Trade fair",
    "Холодный звонок": "Cold call",
    "Контекстная реклама": "Search ads",
    "Вебинар": "Webinar",
}
POSITIONS = {
    "генеральный директор": "chief executive",
    "коммерческий директор": "commercial director",
    "руководитель отдела продаж": "head of sales",
    "директор по маркетингу": "marketing director",
    "ИТ-директор": "IT director",
    "менеджер по закупкам": "purchasing manager",
    "системный администратор": "system administrator",
    "офис-менеджер": "office manager",
}
NEEDS = {
    "Сократить потери заявок с сайта": "Lose fewer requests from the website",
    "Навести порядок в воронке продаж": "Put the sales pipeline in order",
    "Заменить уходящую зарубежную CRM": "Replace a foreign CRM that is leaving",
    "Видеть окупаемость рекламы": "See what advertising pays back",
    "Объединить звонки, почту и чаты": "Bring calls, mail and chats together",
    "Автоматизировать склад двух филиалов": "Automate the warehouse of two branches",
    "Перейти на электронный документооборот": "Move to electronic documents",
    "Контролировать работу менеджеров": "Keep an eye on the sales team's work",
    "Связать CRM с 1С": "Connect the CRM with 1C",
    "Запустить повторные продажи по базе": "Start repeat sales to the customer base",
}
PRODUCTS = {
    "CRM Старт": "CRM Start",
    "CRM Бизнес": "CRM Business",
    "CRM Корпорация": "CRM Enterprise",
    "Облачная телефония": "Cloud telephony",
    "Онлайн-чат": "Online chat",
    "Рассылки": "Mailing package",
    "Сквозная аналитика": "End-to-end analytics",
    "Складской учёт": "Warehouse management",
    "Электронный документооборот": "Electronic document exchange",
    "Онлайн-касса": "Online cash register",
    "Внедрение CRM": "CRM implementation",
    "Обучение команды": "Team training",
    "Расширенная поддержка": "Extended support",
    "Интеграция с 1С": "1C integration",
}
CATEGORIES = {
    "Связь": "Communication",
    "Маркетинг": "Marketing",
    "Аналитика": "Analytics",
    "Учёт": "Accounting",
    "Оборудование": "Equipment",
    "Услуги": "Services",
}
UNITS = {
    "лицензия/год": "licence/year",
    "номер/год": "number/year",
    "оператор/год": "operator/year",
    "пакет/год": "package/year",
    "проект/год": "project/year",
    "склад/год": "warehouse/year",
    "компания/год": "company/year",
    "штука": "piece",
    "проект": "project",
    "день": "day",
    "год": "year",
}
DESCRIPTIONS = {
    "CRM для малых команд: воронка, задачи, почта.": "A CRM for small teams: pipeline, tasks, mail.",
    "CRM с отчётами, ролями и автоматизацией продаж.": "A CRM with reports, roles and sales automation.",
    "CRM для крупных компаний: филиалы, SSO, API, SLA 99,9 %.": (
        "A CRM for large companies: branches, SSO, API, SLA of 99.9 %."
    ),
    "Виртуальная АТС, запись разговоров, интеграция с CRM.": "A virtual PBX, call recording, tied to the CRM.",
    "Чат для сайта, Telegram и VK в одном окне.": "Chats of the website, Telegram and VK in one window.",
    "Почтовые рассылки до 50 000 контактов, сценарии, A/B-тесты.": (
        "Mailings to up to 50,000 contacts, scenarios, A/B tests."
    ),
    "Путь клиента от рекламы до оплаты, окупаемость каналов.": (
        "The customer's way from the ad to the payment, what each channel pays back."
    ),
    "Остатки, приёмка, маркировка «Честный знак».": "Stock, goods receipt, product marking.",
    "Обмен документами с контрагентами, электронная подпись.": "Documents with partners, electronic signature.",
    "Касса по 54-ФЗ с фискальным накопителем на 36 месяцев.": (
        "A cash register under law 54-FZ with a fiscal memory for 36 months."
    ),
    "Обследование, настройка, перенос данных, запуск за 6 недель.": (
        "Survey, set-up, data migration, live within 6 weeks."
    ),
    "Практический тренинг для отдела продаж, до 12 человек.": "Hands-on training for sales, up to 12 people.",
    "Поддержка 24/7, ответ за 30 минут, личный менеджер.": "Support 24/7, an answer in 30 minutes, your own manager.",
    "Двусторонний обмен заказами, оплатами и остатками.": "Orders, payments and stock exchanged both ways.",
}
CAMPAIGNS = {
    "Возврат спящих клиентов": "Sleeping customers come back",
    "Запуск сквозной аналитики": "Launch of end-to-end analytics",
    "Весенний вебинар для розницы": "Spring webinar for retail",
    "Контекст: CRM для производства": "Search ads: CRM for manufacturing",
    "Апсейл телефонии": "Telephony upsell",
    "Чёрная пятница": "Black Friday",
    "Новогоднее письмо": "New Year letter",
    "VK: бухгалтеры и ЭДО": "VK: accountants and e-documents",
    "Летняя переподготовка команд": "Summer training for teams",
    "Осенний вебинар «Воронка без дыр»": 'Autumn webinar "No leaks in the pipeline"',
    "Реактивация: осень": "Reactivation: autumn",
    "Контекст: замена зарубежной CRM": "Search ads: replacing a foreign CRM",
}
TERMS = {
    **CITIES,
    **INDUSTRIES,
    **SOURCES,
    **POSITIONS,
    **NEEDS,
    **PRODUCTS,
    **CATEGORIES,
    **UNITS,
    **DESCRIPTIONS,
    **CAMPAIGNS,
}
QUOTE_NUMBER = "КП-"


def term(value: str, language: Language) -> str:
    """The term in that language; as it is when there is no translation."""
    return TERMS.get(value, value) if language == "en" else value


def person(name: str, language: Language) -> str:
    """A person's name in the letters of that language: Анна Соколова is Anna Sokolova."""
    return latin(name).title() if language == "en" else name


def quote_number(number: str, language: Language) -> str:
    """КП-2026-0042 is Q-2026-0042 to an English reader; the figures identify it."""
    return number.replace(QUOTE_NUMBER, "Q-", 1) if language == "en" else number
