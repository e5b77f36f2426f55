"""The words the rules know. Data only.

`покаж*` is the beginning of a word, without the star it is the whole word; `a_b` are two words. Imperatives and
infinitives are written out: a past tense ("сделал КП", "перевёл сделку") tells of something, and asks for nothing.
"""

# What a request may hold without changing its meaning.
FILLER = """
такой такая такое такие котор* many much нужны_ли имеется имеются скорее наверное кажется сегодняшн* текущ* кстати
правда конечно самая самую самой каким какими и а но да ну же ли бы то вот уж ещё еще также тоже тогда теперь сейчас
потом затем снова опять уже только лишь просто я мне мы нам нас ты тебе вы вам меня мой моя моё мои моих моей моего
наш* ваш* это этот эта эти этих этого этой этому эту этим его её ее ему ей им их них нему ней нём нем него неё нее тот
тех та что какой какая какое какие каких какую каков* как кто кого кому где когда сколько чей чьи есть был* были будет
будут в во на по из с со к ко о об обо от у за для до при под про над среди через внутри около пожалуйста плиз плз
спасибо прошу будь добр* будьте любезн* давай* можно можешь можете мог* могли_бы нужно надо нужен нужна нужны хочу
хотел* хочется хотелось необходимо требуется сразу быстро быстрее срочно скорее поскорее подробнее подробно коротко
кратко вкратце все всё всех всего весь всю вообще так там тут здесь сам самый самые самых самого привет здравствуй*
добрый доброе день дня утро вечер хорошо ладно ок окей слушай* скажи* подскажи* интересно помоги* компани* клиент*
заказчик* номер* № шт* штук* ооо оао зао ао ип пао a an the of for to in on at from with by and or our my me i we us
you your it its is are was were be been being do does did has have had there this that these those them they their his
her him he she one ones who whom whose which what how when where please kindly just now then also too again can could
would should will shall let lets let's want need like i'd i'm we'd i'll we'll what's who's how's hi hello hey ok okay
thanks thank some any all every everything about as so up out over more most us company companies customer customers
client clients number no
"""

# What the user wants done, by what it is done to. Each tool knows its own.
SHOW = """
покаж* показать найди найдите найти выведи* вывести дай дайте дать перечисли* список списка списком посмотр* глян*
узнать подбери* выбери* выдай* открой* расскажи* отобрази* ищи* поищи* сформируй* собери* составь* сделай* подготовь*
show find list get give display see look tell search fetch pull bring view check open
"""
COUNTED = "топ top первы* first пять пяти десять десяти ten five лучш* best"
MORE = "ещё еще остальн* дальше следующ* продолж* more rest others next continue other"

LEADS = """
сегодня today лид лида лиду лидом лиды лидов лидам лидами лидах lead leads prospect* потенциальн* покупател* звонить
позвонить звони* позвони* call продать sell контакт* перспективн* promising интересн* бюджет* budget* деньг* денег
город* city сфер* отрасл* industry industries работа* связ* hottest
"""
QUALIFY = """
пересчита* обнови* recalculate update хотят хочет купить готовы готов плани* want* wants buy buying ready plan*
квалифицируй* квалифицировать квалифик* оцени* оценить оценк* проквалифицируй* проверь* проверить пробей* разбери*
bant балл* скоринг* насколько qualify qualification qualifies score rate assess evaluate лид* lead* бюджет* budget*
деньг* купят купит покуп* срок* месяц* months within кто_из_них какой_из_них перспективн* promising лучш* best горяч*
hot подробн* расскажи* tell more
"""
DEALS = """
после after since starting начиная раньше anything something сделка сделки сделку сделке сделкой сделок сделкам
сделками сделках deal deals opportunit* закры* закрываются закроются ожида* close closes closing closed due expected
открыт* open сумм* amount этап* stage* стади* завис* стоят stuck стоит двига* движ* дела активн* active крупн* large*
big* biggest круп* дороже больше свыше over above more_than менеджер* owner сколько
"""
PIPELINE = """
воронк* прогноз* pipeline* forecast* funnel продаж* sales сделк* deal deals отчет* отчёт* report* этап* stage*
конверси* conversion win rate выигр* идут идёт идет дела ситуаци* состояни* картин* выглядит обстоят план* статистик*
going doing look looks looking status взвешенн* weighted ожида* expected доля доли долю
"""
MOVE = """
переведи* перевести передвинь* передвинуть перемести* переместить двинь* сдвинь* закрой* закрыть отметь* отметить move
close mark advance shift set сделк* deal deals этап* stage* стади* как as статус* status с_этапа потому причина
причине because reason
"""
RESCHEDULE = """
отправим отправляем until till перенеси* перенести отложи* отложить сдвинь* сдвинуть передвинь* postpone reschedule
push delay move shift сделк* deal deals срок* закрыти* дат* date закры* close closing ожидаем* expected
"""
QUOTE = """
без without off убери* убрать исключи* remove drop сделай* сделать составь* составить подготовь* подготовить
сформируй* сформировать выстав* создай* создать оформи* оформить напиши* написать набросай* пришли* добавь* добавить
включи* включить посчитай* рассчитай* увеличь* увеличить подними* поднять уменьши* уменьшить снизь* снизить измени*
изменить поменяй* поменять поставь* пусть замени* вместо кп коммерческ* предложени* смет* счёт счет скидк* процент*
штук* лиценз* рабоч* мест* пользовател* нов* тот_же то_же make create prepare draft write do build generate add
include give change set raise increase lower reduce quote quotes quotation offer proposal discount percent licence*
license* seat* user* units unit piece* pcs instead лид* lead* расчёт расчет стоимост* обычн* без_скидки
without_discount
"""
SEGMENT = """
haven't hasn't long time сегмент* segment* аудитори* audience база базы базу base клиент* customer* покупа* покупк*
bought купил* лет год года собери* построй* выдели* сделай* build make create сумм* выручк* revenue больше свыше more
over лучш*
"""
CAMPAIGN = """
лучше давай rather instead составь* составить подготовь* подготовить создай* создать напиши* написать сделай* сделать
придумай* придумать разработай* нужн* хочу draft create write prepare make compose кампани* рассылк* письм* сообщени*
акци* смск* пост campaign* newsletter* mailing* e-mail email mail letter* message черновик* тон* тоне tone стил*
клиент* customer* база базе базы segment сегмент* аудитори* customers тем* цель goal via over канал* channel*
"""
SCHEDULE = """
отправим отправляем запланируй* запланировать назначь* назначить отправь* отправить отправк* запусти* запустить
разошли* разослать поставь* поставить расписани* schedule send launch start plan кампани* рассылк* письм* черновик*
campaign* newsletter mailing e-mail email letter message draft время time перенеси* перенести
"""
REPORT = """
отчет* отчёт* результат* итог* метрик* показател* эффективност* сработал* прошл* дела кампани* рассылк* реклам*
маркетинг* сравни* сравнить канал* лучш* лучше хуже худш* окуп* roas cac ctr open_rate открываемост* окупаемост* клик*
campaign* report* result* perform* metric* doing did channel* compare marketing best worst better advert* письм*
newsletter* mailing* ads работа* works worked последн* latest last
"""

# Commands we have no tool for; without this list "удали лида 12" would list leads.
UNSUPPORTED = """
удали удалите удалить сотри сотрите стереть убери_лида отмени отмените отменить верни верните откати* восстанови*
скачай* скачать экспортируй* экспорт экспортировать выгрузи* распечатай* импортируй* загрузи* объедини*
назначь_ответственн* delete erase cancel undo revert restore export download print import merge archive архивируй*
заархивируй* позвони позвоните набери* переименуй_лида переименуй_компани* заблокируй*
"""

# Imperatives that stand behind "не"; known, so that nobody corrects them to what they forbid.
FORBIDDEN = """
переводи* двигай* отправляй* закрывай* делай* создавай* планируй* меняй* переноси* ставь* пиши* показывай* звони*
составляй*
"""

# Words whose misspellings are put right, whole forms of them: "кавалифицируй" is "квалифицируй".
SPELLED = """
квалифицируй квалифицировать квалификация оцени оцените оценить покажи покажите показать найди найдите переведи
переведите передвинь перенеси перенесите отложи закрой закройте отметь сделай сделайте составь составьте подготовь
подготовьте создай напиши напишите собери соберите запланируй запланируйте отправь отправьте запусти измени измените
поменяй увеличь уменьши добавь сравни сегмент сегмента сегменты воронка воронку воронки прогноз прогноза сделка сделку
сделки сделок клиентов клиентам клиенты кампания кампанию кампании кампаний кампаниям рассылка рассылку рассылки
письмо отчёт отчет продажи продаж скидка скидку скидкой горячие горячих спящих спящие спящим постоянных постоянным
крупных крупным лиды лидов лида лиду лидами переговоры предложение квалификацию коммерческое каталог телефония
телефонии аналитика аналитики аналитику обучение обучения внедрение интеграция интеграцию документооборот лицензий
лицензии бюджетом бюджет понедельник вторник среду четверг пятницу завтра послезавтра января февраля марта апреля июня
июля августа сентября октября ноября декабря январь февраль декабрь ноябрь октябрь зависли москве москва казани казань
петербурге самаре екатеринбурге новосибирске краснодаре воронеже qualify show find pipeline forecast leads lead deals
deal campaign campaigns schedule segment sleeping customers quote discount negotiation proposal qualification tomorrow
monday tuesday wednesday thursday friday december january february november october moscow kazan report products
newsletter loyal
"""
